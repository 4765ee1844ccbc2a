"""Texts of files as pydicom decodes them. argv: files. stdout: JSON, of each file its character set and its texts by path."""
import json
import sys

import pydicom

TEXT = {"LO", "LT", "PN", "SH", "ST", "UC", "UT"}


def texts(data_set, path=""):
    for element in data_set:
        if element.tag.is_private:
            continue
        name = f"{path}{element.keyword}"
        if element.VR == "SQ":
            for index, item in enumerate(element.value):
                yield from texts(item, f"{name}[{index}].")
        elif element.VR in TEXT:
            yield name, "\\".join(str(each) for each in (element.value if element.VM > 1 else [element.value]))


answers = []
for path in sys.argv[1:]:
    data_set = pydicom.dcmread(path)
    terms = data_set.get("SpecificCharacterSet", "")
    answers.append({"characterSet": [terms] if isinstance(terms, str) else list(terms), "texts": dict(texts(data_set))})
json.dump(answers, sys.stdout)
