import com.pixelmed.dicom.AttributeList;
import com.pixelmed.dicom.TagFromName;
import com.pixelmed.validate.DicomInstanceValidator;
import com.pixelmed.validate.DicomSRValidator;

/** PixelMed's validators on many files: one virtual machine, since compiling their style sheets takes seconds. Arguments: instances or reports, files. */
public class ValidateWithPixelMed {
  public static void main(String[] arguments) throws Exception {
    boolean reports = arguments[0].equals("reports");
    DicomSRValidator ofReports = reports ? new DicomSRValidator() : null;
    DicomInstanceValidator ofInstances = reports ? null : new DicomInstanceValidator();
    for (int n = 1; n < arguments.length; n++) {
      AttributeList list = new AttributeList();
      list.read(arguments[n], TagFromName.PixelData);
      System.out.println("== " + arguments[n]);
      System.out.println(reports ? ofReports.validate(list) : ofInstances.validate(list));
    }
  }
}
