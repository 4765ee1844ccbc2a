"""CT series of every geometry, each with lesions as masks, written by pydicom and highdicom alone: nothing of the code under test has a part in them.

    make_series.py OUT                  the made geometries
    make_series.py OUT FOLDER ...       lesions on every CT image found in folders of real files

Every geometry becomes a folder of OUT with `truth.json`:
    {"name", "images": [{"path", "sop", "series", "frameOfReference", "frame" | null, "frames", "rows", "columns", "origin", "alongRow",
     "alongColumn"}],
     "lesions": [[{"image": index into images, "pixels": [row * columns + column, ...]}, ...]]}
A lesion is a list of the slices it is on, the marked one first.
`alongRow` is the step in mm of the column index, `alongColumn` that of the row index. Images without a plane have no origin.
Seeded by names: the same bytes on every run.
"""

import hashlib
import json
import math
import pathlib
import random
import sys
import warnings

import highdicom as hd
import numpy as np
import pydicom
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import ExplicitVRLittleEndian
from pydicom.valuerep import format_number_as_ds

warnings.simplefilter("ignore")

CT = "1.2.840.10008.5.1.4.1.1.2"
ENHANCED_CT = "1.2.840.10008.5.1.4.1.1.2.1"
LEGACY_CT = "1.2.840.10008.5.1.4.1.1.2.2"
AXIAL = ([1, 0, 0], [0, 1, 0])
CORONAL = ([1, 0, 0], [0, 0, -1])
SAGITTAL = ([0, 1, 0], [0, 0, -1])


def uid(*parts):
    digest = hashlib.sha256("/".join(map(str, parts)).encode()).digest()
    return "2.25." + str(int.from_bytes(digest[:16], "big"))


def unit(vector):
    vector = np.array(vector, float)
    return vector / np.linalg.norm(vector)


def turned(vector, axis, degrees):
    axis, a = unit(axis), math.radians(degrees)
    vector = np.array(vector, float)
    return vector * math.cos(a) + np.cross(axis, vector) * math.sin(a) + axis * axis.dot(vector) * (1 - math.cos(a))


def ds(values):
    return [format_number_as_ds(float(v)) for v in values]


class Series:
    """A series of single-frame CT images. Positions are given one by one, so that any irregularity can be written."""

    def __init__(self, name, axes=AXIAL, rows=48, columns=56, spacing=(0.7, 0.8), thickness=2.5, positions=None, step=2.5, slices=7, series=1,
                 patient="Lesion^Lena", character_set=None):
        self.name, self.rows, self.columns, self.spacing, self.thickness, self.series = name, rows, columns, spacing, thickness, series
        self.row, self.column = unit(axes[0]), unit(axes[1])
        normal = np.cross(self.row, self.column)
        origin = np.array([-71.3, 42.7, -311.2])
        self.positions = positions if positions is not None else [origin + k * step * normal for k in range(slices)]
        self.patient, self.character_set = patient, character_set

    def files(self, folder):
        rng = np.random.default_rng(int.from_bytes(self.name.encode(), "little") % 2**32)
        paths = []
        for k, position in enumerate(self.positions):
            hu = rng.integers(-80, 120, (self.rows, self.columns))
            path = folder / f"ct-{self.series}-{k:02}.dcm"
            self.image(k, position, hu).save_as(path, enforce_file_format=True)
            paths.append(path)
        return paths

    def identity(self, sop_class, sop):
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = sop_class, sop
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        image = FileDataset(None, {}, preamble=b"\0" * 128, file_meta=meta)
        if self.character_set:
            image.SpecificCharacterSet = self.character_set
        image.SOPClassUID, image.SOPInstanceUID = sop_class, sop
        image.PatientName, image.PatientID, image.PatientBirthDate, image.PatientSex = self.patient, "READERS-1", "19610203", "F"
        image.StudyInstanceUID, image.SeriesInstanceUID = uid(self.name, "study"), uid(self.name, "series", self.series)
        image.FrameOfReferenceUID, image.PositionReferenceIndicator = uid(self.name, "frame of reference"), ""
        image.StudyDate, image.StudyTime, image.AccessionNumber, image.StudyID = "20260304", "101112", "A1", "1"
        image.ReferringPhysicianName, image.Modality, image.SeriesNumber = "", "CT", self.series
        image.Manufacturer, image.PatientPosition = "Made", "HFS"
        image.ManufacturerModelName, image.DeviceSerialNumber, image.SoftwareVersions = "Made CT", "1", "1"
        image.SeriesDate, image.SeriesTime = "20260304", "101112"
        image.ContentDate, image.ContentTime = "20260304", "101112"
        image.AcquisitionDate, image.AcquisitionTime, image.AcquisitionNumber = "20260304", "101112", 1
        image.InstitutionName, image.BodyPartExamined = "", "ABDOMEN"
        return image

    def pixels(self, image, stored):
        image.Rows, image.Columns, image.SamplesPerPixel = self.rows, self.columns, 1
        image.PhotometricInterpretation, image.PixelRepresentation = "MONOCHROME2", 1
        image.BitsAllocated, image.BitsStored, image.HighBit = 16, 16, 15
        image.PixelData = stored.astype("<i2").tobytes()

    def image(self, k, position, hu):
        image = self.identity(CT, uid(self.name, self.series, k))
        image.ImageType, image.InstanceNumber = ["ORIGINAL", "PRIMARY", "AXIAL"], k + 1
        image.ImagePositionPatient, image.ImageOrientationPatient = ds(position), ds([*self.row, *self.column])
        image.PixelSpacing = ds(self.spacing)
        if self.thickness is not None:
            image.SliceThickness = ds([self.thickness])[0]
        image.RescaleIntercept, image.RescaleSlope, image.RescaleType = "-1024", "1", "HU"
        image.KVP = "120"
        self.pixels(image, hu + 1024)
        return image

    def enhanced(self, folder):
        """The same slices as one true Enhanced CT image, frames in the order of their positions."""
        sop = uid(self.name, "enhanced")
        image = self.identity(ENHANCED_CT, sop)
        image.ImageType = ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
        image.InstanceNumber, image.NumberOfFrames = 1, len(self.positions)
        image.PixelPresentation, image.VolumetricProperties, image.VolumeBasedCalculationTechnique = "MONOCHROME", "VOLUME", "NONE"
        image.BurnedInAnnotation, image.LossyImageCompression, image.PresentationLUTShape = "NO", "00", "IDENTITY"
        image.ContentQualification, image.AcquisitionDateTime, image.AcquisitionDuration = "PRODUCT", "20260304101112", 1.0
        organization = Dataset()
        organization.DimensionOrganizationUID = uid(self.name, "dimensions")
        image.DimensionOrganizationSequence = Sequence([organization])
        image.DimensionIndexSequence = Sequence([index(0x00209056, organization), index(0x00209057, organization)])
        shared = Dataset()
        measures = Dataset()
        measures.PixelSpacing, measures.SliceThickness = ds(self.spacing), ds([self.thickness])[0]
        orientation = Dataset()
        orientation.ImageOrientationPatient = ds([*self.row, *self.column])
        values = Dataset()
        values.RescaleIntercept, values.RescaleSlope, values.RescaleType = "-1024", "1", "HU"
        shared.PixelMeasuresSequence, shared.PlaneOrientationSequence = Sequence([measures]), Sequence([orientation])
        shared.PixelValueTransformationSequence = Sequence([values])
        frames = []
        for k, position in enumerate(self.positions):
            frame, place, content, kind = Dataset(), Dataset(), Dataset(), Dataset()
            place.ImagePositionPatient = ds(position)
            content.StackID, content.InStackPositionNumber, content.DimensionIndexValues = "1", k + 1, [1, k + 1]
            kind.FrameType, kind.PixelPresentation = ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"], "MONOCHROME"
            kind.VolumetricProperties, kind.VolumeBasedCalculationTechnique = "VOLUME", "NONE"
            frame.PlanePositionSequence, frame.FrameContentSequence = Sequence([place]), Sequence([content])
            frame.CTImageFrameTypeSequence = Sequence([kind])
            frames.append(frame)
        image.SharedFunctionalGroupsSequence, image.PerFrameFunctionalGroupsSequence = Sequence([shared]), Sequence(frames)
        rng = np.random.default_rng(7)
        self.pixels(image, rng.integers(900, 1200, (len(self.positions), self.rows, self.columns)))
        path = folder / "enhanced.dcm"
        image.save_as(path, enforce_file_format=True)
        return [path]

    def legacy(self, folder):
        """The same slices as a Legacy Converted Enhanced CT image, by highdicom."""
        images = [self.image(k, p, np.full((self.rows, self.columns), 40 + k)) for k, p in enumerate(self.positions)]
        converted = hd.legacy.LegacyConvertedEnhancedCTImage(images, uid(self.name, "legacy series"), 7, uid(self.name, "legacy"), 1)
        path = folder / "legacy.dcm"
        converted.save_as(path)
        return [path]


def index(pointer, organization):
    item = Dataset()
    item.DimensionOrganizationUID = organization.DimensionOrganizationUID
    item.DimensionIndexPointer, item.FunctionalGroupPointer = pointer, 0x00209111
    return item


def planes_of(path):
    """Every frame of an image with its plane; a frame without one has no origin."""
    image = pydicom.dcmread(path, force=True, stop_before_pixels=True)
    frames = image.get("PerFrameFunctionalGroupsSequence")
    for number in [None] if not frames else range(1, len(frames) + 1):
        groups = [] if number is None else [frames[number - 1], image.SharedFunctionalGroupsSequence[0]]

        def macro(keyword):
            return image if number is None else next((g[keyword][0] for g in groups if keyword in g), Dataset())

        plane = {"path": str(path), "sop": str(image.get("SOPInstanceUID", "")), "series": str(image.get("SeriesInstanceUID", "")),
                 "frameOfReference": str(image.get("FrameOfReferenceUID", "")), "frame": number, "frames": len(frames or [0]),
                 "rows": int(image.get("Rows") or 0), "columns": int(image.get("Columns") or 0)}
        position = macro("PlanePositionSequence").get("ImagePositionPatient")
        orientation = macro("PlaneOrientationSequence").get("ImageOrientationPatient")
        spacing = macro("PixelMeasuresSequence").get("PixelSpacing")
        if position and orientation and spacing:
            plane["origin"] = [float(v) for v in position]
            plane["alongRow"] = [float(v) * float(spacing[1]) for v in orientation[:3]]
            plane["alongColumn"] = [float(v) * float(spacing[0]) for v in orientation[3:]]
        yield plane


def blot(rng, rows, columns, corner=False):
    """A ragged set of pixels that no flip, turn or exchange of axes maps on itself: an L with a dot beside it, and pixels at random about it."""
    cells = {(r, 0) for r in range(7)} | {(6, c) for c in range(5)} | {(0, 3)}
    cells |= {(rng.randrange(7), rng.randrange(5)) for _ in range(6)}
    top, left = rng.randrange(2, rows - 9), rng.randrange(2, columns - 7)
    pixels = {(top + r) * columns + left + c for r, c in cells}
    if corner:
        pixels |= {0, 1, columns, rows * columns - 1}
    return sorted(pixels)


def apart(rng, rows, columns, taken, corner=False):
    for _ in range(1000):
        pixels = blot(rng, rows, columns, corner)
        if not taken & set(pixels):
            taken |= set(pixels)
            return pixels
    raise ValueError("no room for another lesion")


def write_truth(folder, name, paths, on, overlapping=False):
    """`on`: for each lesion the index of its image, or the indices of its images; None: a lesion on each."""
    images = [plane for path in paths for plane in planes_of(path)]
    # an image has the same lesions wherever a copy of it lies: its segmentations have the same UIDs
    rng = random.Random(images[0]["sop"])
    on = range(len(images)) if on is None else on
    taken, lesions = {}, []
    for n, indices in enumerate(on):
        slices = []
        for index in [indices] if isinstance(indices, int) else indices:
            image = images[index]
            if overlapping:
                base = blot(random.Random(name + str(index)), image["rows"], image["columns"])
                pixels = sorted({p + n * (image["columns"] + 1) for p in base})
            else:
                pixels = apart(rng, image["rows"], image["columns"], taken.setdefault(index, set()), corner=n == 0)
            slices.append({"image": index, "pixels": pixels})
        lesions.append(slices)
    (folder / "truth.json").write_text(json.dumps({"name": name, "images": images, "lesions": lesions}))


def tilted(degrees=15, step=2.5, slices=7):
    """A gantry tilt: the table moves along z, the slices lean."""
    column = turned([0, 1, 0], [1, 0, 0], degrees)
    return ([1, 0, 0], column), [np.array([-71.3, 42.7, -311.2 + k * step]) for k in range(slices)]


def geometries():
    """Name, series or list of series, form of its images, and for each lesion the index of its image, or the indices of its images."""
    usual = [1, 2, 2, 5]
    z = lambda heights: [np.array([-71.3, 42.7, -311.2 + h]) for h in heights]
    tilt_axes, tilt_positions = tilted()
    oblique = tuple(turned(turned(v, [0, 0, 1], 21), [1, 1, 0], 17) for v in AXIAL[:2])
    yield "axial", Series("axial"), "single", usual
    yield "coronal", Series("coronal", CORONAL), "single", usual
    yield "sagittal", Series("sagittal", SAGITTAL), "single", usual
    yield "oblique", Series("oblique", oblique), "single", usual
    yield "gantry tilt", Series("gantry tilt", tilt_axes, positions=tilt_positions), "single", usual
    yield "gantry tilt, one slice marked", Series("gantry tilt one", tilt_axes, positions=tilt_positions), "single", [3, 3]
    yield "rows flipped", Series("rows flipped", ([1, 0, 0], [0, -1, 0])), "single", usual
    yield "columns flipped", Series("columns flipped", ([-1, 0, 0], [0, 1, 0])), "single", usual
    yield "rows and columns flipped", Series("both flipped", ([-1, 0, 0], [0, -1, 0])), "single", usual
    yield "axes exchanged", Series("axes exchanged", ([0, 1, 0], [1, 0, 0])), "single", usual
    yield "anisotropic pixels", Series("anisotropic", spacing=(1.9, 0.6)), "single", usual
    yield "descending", Series("descending", positions=z([-2.5 * k for k in range(7)])), "single", usual
    yield "two slices at one position", Series("duplicate", positions=z([0, 2.5, 5, 5, 7.5, 10, 12.5])), "single", [1, 2, 3, 5]
    yield "slices missing", Series("gaps", positions=z([0, 2.5, 5, 12.5, 15, 17.5, 22.5])), "single", usual
    yield "irregular steps", Series("irregular", positions=z([0, 2.9, 5, 7.9, 10, 12.9, 15])), "single", usual
    yield "sheared", Series("sheared", positions=[np.array([-71.3 + 0.4 * k, 42.7, -311.2 + 2.5 * k]) for k in range(7)]), "single", usual
    yield "slices overlap (5 mm every 2.5)", Series("thick", thickness=5), "single", usual
    yield "no slice thickness", Series("no thickness", thickness=None), "single", usual
    yield "one slice alone", Series("alone", slices=1), "single", [0, 0]
    yield "several series", [Series("several"), Series("several", CORONAL, series=2)], "single", [1, 3, 9, 11]
    yield "overlapping lesions", Series("overlapping"), "single", [2, 2, 2, 4]
    yield "enhanced multi-frame", Series("enhanced"), "enhanced", usual
    yield "enhanced multi-frame, gantry tilt", Series("enhanced tilt", tilt_axes, positions=tilt_positions), "enhanced", usual
    yield "legacy converted", Series("legacy"), "legacy", usual
    yield "odd size 61 x 67", Series("odd size", rows=61, columns=67), "single", usual
    yield "columns no multiple of 8 (60 x 66)", Series("columns 66", rows=60, columns=66), "single", usual
    yield "odd number of pixels, one frame (61 x 72)", Series("pad byte", rows=61, columns=72), "single", [3]
    yield "512 x 512", Series("large", rows=512, columns=512, slices=4), "single", [0, 1, 3]
    yield "forty frames", Series("forty", slices=40), "single", list(range(40))
    deep = [[3, 2, 4, 5], [2, 1], 4]
    yield "lesions over several slices", Series("deep"), "single", deep
    yield "lesions over several slices, gantry tilt", Series("deep tilt", tilt_axes, positions=tilt_positions), "single", deep
    yield "lesions over several slices, enhanced multi-frame", Series("deep enhanced"), "enhanced", deep
    yield "a lesion over 300 slices", Series("300", slices=300, step=0.625, thickness=0.625), "single", [list(range(300))]
    yield "LABELMAP", Series("labelmap"), "single", usual
    yield "FRACTIONAL", Series("fractional"), "single", usual
    yield "Latin-1 name", Series("latin", patient="Läsion^Jörg", character_set="ISO_IR 100"), "single", usual
    yield "Japanese name", Series("japanese", patient="Yamada^Tarou=山田^太郎=やまだ^たろう", character_set=["", "ISO 2022 IR 87"]), "single", usual


def made(out):
    for n, (name, series, form, on) in enumerate(geometries()):
        folder = out / f"{n:02}"
        folder.mkdir(parents=True)
        all_series = series if isinstance(series, list) else [series]
        paths = []
        for one in all_series:
            paths += {"single": one.files, "enhanced": one.enhanced, "legacy": one.legacy}[form](folder)
        write_truth(folder, name, paths, on, overlapping=name == "overlapping lesions")


def real(out, folders):
    """One folder of OUT a series; a lesion on every image. Files of one folder that are the same instance are series of their own."""
    series, seen = {}, {}
    for root in folders:
        for path in sorted(pathlib.Path(root).rglob("*")):
            if not path.is_file():
                continue
            header = pydicom.dcmread(path, force=True, specific_tags=["SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID"])
            if header.get("SOPClassUID") not in (CT, ENHANCED_CT, LEGACY_CT):
                continue
            instance = (str(path.parent), str(header.get("SOPInstanceUID")))
            seen[instance] = seen.get(instance, 0) + 1
            series.setdefault((str(path.parent), str(header.get("SeriesInstanceUID")), seen[instance]), []).append(path)
    for n, ((place, *_), paths) in enumerate(sorted(series.items())):
        folder = out / f"{n:03}"
        folder.mkdir(parents=True)
        write_truth(folder, place, paths, None)


if __name__ == "__main__":
    destination = pathlib.Path(sys.argv[1])
    if len(sys.argv) > 2:
        real(destination, sys.argv[2:])
    else:
        made(destination)
