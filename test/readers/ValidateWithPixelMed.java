import com.pixelmed.dicom.AttributeList;
import com.pixelmed.dicom.TagFromName;
import com.pixelmed.validate.DicomInstanceValidator;

/** PixelMed's validator on many files: one virtual machine, since compiling its style sheets takes seconds. */
public class ValidateWithPixelMed {
  public static void main(String[] paths) throws Exception {
    DicomInstanceValidator validator = new DicomInstanceValidator();
    for (String path : paths) {
      AttributeList list = new AttributeList();
      list.read(path, TagFromName.PixelData);
      System.out.println("== " + path);
      System.out.println(validator.validate(list));
    }
  }
}
