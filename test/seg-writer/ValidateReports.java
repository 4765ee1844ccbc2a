import com.pixelmed.dicom.AttributeList;
import com.pixelmed.validate.DicomSRValidator;

/** PixelMed's validator of structured reports and key objects on many files: one virtual machine, since compiling its style sheets takes seconds. */
public class ValidateReports {
  public static void main(String[] paths) throws Exception {
    DicomSRValidator validator = new DicomSRValidator();
    for (String path : paths) {
      AttributeList list = new AttributeList();
      list.read(path);
      System.out.println("== " + path);
      System.out.println(validator.validate(list));
    }
  }
}
