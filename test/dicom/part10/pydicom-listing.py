"""Lists data sets as pydicom reads them.

Without arguments: one line of JSON for each file named on standard input (a JSON list of paths). With a folder: writes the listings of its
DICOM files by their names to expected.json there.

A listing is a list of elements in order of their tags: [path, VR, kind, value], where the path is made of tags and item positions
("0040A730/0/0040A043"). Text values are trimmed of padding; numbers are given as the hexadecimal digits of their float64; values without text by
their length and SHA-256 (in little endian). A file that pydicom refuses gives null.
"""

import hashlib
import json
import pathlib
import struct
import sys
import warnings

import pydicom
import pydicom.hooks
from pydicom.multival import MultiValue

TEXT = {"AE", "AS", "CS", "DA", "DS", "DT", "IS", "LO", "LT", "PN", "SH", "ST", "TM", "UC", "UI", "UR", "UT"}
PARAGRAPH = {"LT", "ST", "UT", "UR"}
NUMBER = {"US", "SS", "UL", "SL", "FL", "FD", "SV", "UV"}


def no_private_dictionary(*_):
    """Private VRs that pydicom knows by name are not the encoding's business."""
    raise KeyError


pydicom.hooks.private_dictionary_VR = no_private_dictionary
pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE


def text_of(value, vr):
    text = getattr(value, "original_string", None)
    if not isinstance(text, str):  # of a person name it is bytes
        text = str(value)
    return text.rstrip(" \0") if vr in PARAGRAPH else text.strip(" \0")


def values_of(value):
    if value is None:
        return []
    if isinstance(value, (MultiValue, list, tuple)):
        return list(value)
    return [value]


def stored_bytes(element, big_endian):
    value = element.value or b""
    if isinstance(value, str):
        value = value.encode("latin-1")
    if big_endian and element.VR == "OW":  # pydicom leaves words in the order of the file
        value = b"".join(value[at : at + 2][::-1] for at in range(0, len(value), 2))
    return value


def list_data_set(data_set, path, lines, big_endian):
    for tag in sorted(data_set.keys()):
        if tag.element == 0:  # group lengths: retired, and pydicom gives private ones no VR
            continue
        element = data_set[tag]
        vr = element.VR
        here = f"{path}{int(tag):08X}"
        if vr == "SQ":
            lines.append([here, vr, "items", len(element.value)])
            for index, item in enumerate(element.value):
                list_data_set(item, f"{here}/{index}/", lines, big_endian)
        elif vr in TEXT:
            texts = [text_of(value, vr) for value in values_of(element.value)]
            lines.append([here, vr, "texts", [] if texts == [""] else texts])
        elif vr in NUMBER:
            numbers = [struct.pack(">d", float(value)).hex() for value in values_of(element.value)]
            lines.append([here, vr, "numbers", numbers])
        elif vr == "AT":
            lines.append([here, vr, "texts", [f"{int(value):08X}" for value in values_of(element.value)]])
        elif element.is_undefined_length:
            lines.append([here, vr, "encapsulated", 0])
        else:
            value = stored_bytes(element, big_endian)
            lines.append([here, vr, "bytes", [len(value), hashlib.sha256(value).hexdigest()]])


def listing(path):
    try:
        data_set = pydicom.dcmread(path, force=True)
        lines = []
        list_data_set(data_set, "", lines, data_set.original_encoding[1] is False)
        return lines
    except Exception as error:  # whatever pydicom refuses
        print(f"{path}: {type(error).__name__} {error}", file=sys.stderr)
        return None


def main():
    warnings.simplefilter("ignore")
    if len(sys.argv) == 1:
        for path in json.load(sys.stdin):
            print(json.dumps(listing(path)), flush=True)
        return
    folder = pathlib.Path(sys.argv[1])
    rows = [f"  {json.dumps(path.name)}: {json.dumps(listing(path), ensure_ascii=False)}" for path in sorted(folder.glob("*.dcm"))]
    (folder / "expected.json").write_text("{\n" + ",\n".join(rows) + "\n}\n", encoding="utf-8")


main()
