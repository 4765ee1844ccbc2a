import type { Differences } from './dicomweb-suite.js';

/** Where Orthanc 1.10.1 with its DICOMweb plugin 1.7 answers otherwise than PS3.18, or than the embedded archive where PS3.18 leaves a choice. */
export const ORTHANC_DIFFERENCES: Differences = {
  'gives rows in ascending order of their UIDs': 'its order is its own; PS3.18 asks for none',
  'says that a study is online': 'it returns no InstanceAvailability',
  'returns RequestAttributesSequence of a series': 'it returns sequences only when they are asked for',
  'matches a name with letters beyond ASCII': 'a key with such letters finds nothing',
  'says that its text is UTF-8': 'SpecificCharacterSet is that of the file, though the text is UTF-8',
  'does not take a missing date or time for one before an end': 'a data set without a date is before every date',
  'refuses a date that is none': 'it compares such a key as text and finds nothing',
  'matches a list of UIDs by backslash': 'it knows lists by comma only',
  'matches date and time in one, by their offsets from UTC': 'it compares DT as text',
  'matches an attribute inside a sequence': 'it ignores keys inside sequences and answers unfiltered',
  'matches several attributes in one and the same item': 'it ignores keys inside sequences and answers unfiltered',
  'refuses a parameter that it does not know, by its name': 'it ignores what it does not know and answers unfiltered',
  'refuses a key below the level that is sought': 'it ignores the key or finds nothing',
  'tells how many results are left': 'it sends no Warning',
  'says that it matches names literally when fuzzy matching is asked for': 'it ignores fuzzymatching',
  'returns a field that is asked for by encoded comma list': 'it takes %2C for part of a name and ignores the field',
  'returns everything but bulk data with includefield=all': 'all adds nothing for instances',
  'refuses to answer a search as something else than DICOM JSON or XML': 'it sends JSON whatever is accepted',
  'gives an instance alone as application/dicom': 'it knows multipart only (400)',
  'labels a part with the transfer syntax of its file':
    'its parts are labelled application/dicom without a transfer syntax',
  'says where a part comes from': 'it sends no Content-Location',
  'refuses a transfer syntax that it cannot give': '500 instead of 406',
  'refuses a media type that it cannot give': '400 instead of 406',
  'gives frames of one bit a pixel that begin within a byte': '400: it reads only frames that begin with a byte',
  'does not know a frame beyond the last': '400 instead of 404',
  'has no frames of a report': '500 instead of 404',
  'keeps the old and refuses the new when other content comes under a known UID':
    '200 and the new one is lost (OverwriteInstances false); nothing but a read-back shows it',
  'answers 202 when only some could be stored': '400, though the good part is stored and listed',
  'counts a part without identity among the failures': 'it lists such a part nowhere',
  'refuses a multipart type without boundary': '415 instead of 400',
  'does nothing but GET and POST': '400 and 404 instead of 405 for some methods',
};
