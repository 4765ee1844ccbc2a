"""Segmentations with one change each, made with pydicom from a good one.

usage: mutations.py CONTROL OUT; stdout: a JSON list of the names written (OUT/NAME.dcm)

The control object has two segments on slices 2.5 mm apart, seven frames of 64 x 72 (PS3.3 A.51, BINARY). Names are those of the table of readings
in readings.ts.
"""

import copy
import json
import struct
import sys
import warnings
from pathlib import Path

import numpy as np
import pydicom
from pydicom import config
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate
from pydicom.sequence import Sequence
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian, RLELossless

warnings.simplefilter("ignore")
config.settings.reading_validation_mode = config.IGNORE
config.settings.writing_validation_mode = config.IGNORE

control, out = Path(sys.argv[1]), Path(sys.argv[2])
FOREIGN = "2.25.111111111111111111111111111111111111111"
rows = {}


def row(*names):
    def add(change):
        for name in names:
            rows[name] = change
        return change

    return add


def frames(d):
    return d.PerFrameFunctionalGroupsSequence


def shared(d):
    return d.SharedFunctionalGroupsSequence[0]


def measures(d):
    return shared(d).PixelMeasuresSequence[0]


def reference(frame):
    return frame.DerivationImageSequence[0].SourceImageSequence[0]


def each_frame(change):
    def apply(d):
        for frame in frames(d):
            change(frame)

    return apply


def without(*keywords):
    def apply(d):
        for keyword in keywords:
            if keyword in d:
                delattr(d, keyword)

    return apply


def with_values(**values):
    def apply(d):
        for keyword, value in values.items():
            setattr(d, keyword, value)

    return apply


def both(*changes):
    def apply(d):
        for change in changes:
            change(d)

    return apply


def bits(d):
    n = int(d.NumberOfFrames) * d.Rows * d.Columns
    return np.unpackbits(np.frombuffer(d.PixelData, np.uint8), bitorder="little")[:n].reshape(-1, d.Rows, d.Columns)


def put_bits(d, array):
    packed = np.packbits(array.reshape(-1), bitorder="little").tobytes()
    d.PixelData = packed + b"\0" * (len(packed) % 2)
    d.NumberOfFrames = len(array)


def put_bytes(d, array):
    data = array.astype(np.uint8).tobytes()
    d.PixelData = data + b"\0" * (len(data) % 2)
    d.BitsAllocated = d.BitsStored = 8
    d.HighBit = 7


def move(millimetres):
    def apply(frame):
        x, y, z = frame.PlanePositionSequence[0].ImagePositionPatient
        frame.PlanePositionSequence[0].ImagePositionPatient = [x, y, round(float(z) + millimetres, 5)]

    return apply


no_frame_of_reference = without("FrameOfReferenceUID")
other_frame_of_reference = with_values(FrameOfReferenceUID=FOREIGN)
no_derivation = each_frame(without("DerivationImageSequence"))
no_list = without("SourceImageSequence")
no_positions = each_frame(without("PlanePositionSequence"))
no_series = without("ReferencedSeriesSequence")
off = each_frame(move(0.004))


def other_series(d):
    d.ReferencedSeriesSequence[0].SeriesInstanceUID = FOREIGN


@each_frame
def unknown_instances(frame):
    reference(frame).ReferencedSOPInstanceUID = FOREIGN


def number(n):
    def apply(frame):
        reference(frame).ReferencedFrameNumber = n

    return apply


def nothing(d):
    pass


rows["00"] = nothing
rows["01"] = no_frame_of_reference
rows["02"] = other_frame_of_reference
rows["05"] = lambda d: without("PlaneOrientationSequence")(shared(d))
rows["06"] = no_positions
rows["07"] = lambda d: without("PlanePositionSequence")(frames(d)[-1])
rows["08"] = each_frame(move(2.5))
rows["09"] = off
rows["10"] = no_derivation
rows["10x"] = both(no_derivation, no_list)
rows["12"] = unknown_instances
rows["12x"] = both(unknown_instances, no_frame_of_reference)
rows["12y"] = both(unknown_instances, off)
rows["13"] = each_frame(number(2))
rows["13x"] = each_frame(number(1))
rows["14"] = each_frame(with_values(DerivationImageSequence=[]))
rows["15"] = both(no_derivation, no_frame_of_reference)
rows["15x"] = both(no_derivation, no_list, no_frame_of_reference)
rows["15y"] = both(no_derivation, no_list, other_frame_of_reference)
rows["16"] = both(no_derivation, no_positions)
rows["16x"] = both(no_derivation, no_list, no_positions)
rows["17"] = both(no_derivation, off)
rows["17x"] = both(no_derivation, no_list, off)
rows["17y"] = both(no_derivation, no_list, each_frame(move(0.0005)))
rows["18"] = no_series
rows["19"] = both(no_series, no_list, no_derivation)
rows["20"] = other_series
rows["21"] = both(no_derivation, other_series)
rows["21x"] = both(no_derivation, no_list, other_series)
rows["21y"] = both(no_derivation, no_list, no_series)
rows["22"] = with_values(NumberOfFrames=8)
rows["23"] = with_values(NumberOfFrames=6)
rows["24"] = without("NumberOfFrames")
rows["31"] = with_values(PixelRepresentation=1)
rows["32"] = with_values(PhotometricInterpretation="MONOCHROME1")
rows["42"] = each_frame(without("SegmentIdentificationSequence"))
rows["43"] = without("SegmentSequence")
rows["44"] = without("SegmentationType")
rows["45"] = with_values(SegmentationType="LABELMAP")
rows["52"] = with_values(Rows=72, Columns=64)
rows["55"] = lambda d: without("PixelMeasuresSequence")(shared(d))
rows["56"] = lambda d: without("SliceThickness", "SpacingBetweenSlices")(measures(d))
rows["57"] = lambda d: with_values(PixelSpacing=[0.7, 0.8])(measures(d))
rows["58"] = lambda d: with_values(SliceThickness=1.0, SpacingBetweenSlices=1.0)(measures(d))
rows["67"] = each_frame(without("FrameContentSequence"))
rows["68"] = without("DimensionOrganizationSequence", "DimensionIndexSequence")
rows["70"] = without("ContentLabel")
rows["71"] = with_values(ContentLabel="lesion #1")
rows["72"] = with_values(ContentLabel="LESIONS OF THE LIVER AND")
rows["81"] = with_values(PatientID="SOMEBODY ELSE")
rows["82"] = with_values(StudyInstanceUID=FOREIGN)
rows["84"] = with_values(Modality="CT")
rows["89"] = lambda d: with_values(SOPInstanceUID=str(d.SOPInstanceUID) + ".01")(d)
rows["88"] = lambda d: with_values(SOPInstanceUID="2.25." + "1" * 65)(d)
rows["91"] = without("Manufacturer", "ManufacturerModelName", "DeviceSerialNumber", "SoftwareVersions")
rows["94"] = without("LossyImageCompression")
rows["95"] = with_values(ImageType=["ORIGINAL", "PRIMARY"])
rows["99"] = lambda d: without("SegmentIdentificationSequence")(frames(d)[-1])
rows["9d"] = without("PixelData")
rows["9g"] = each_frame(lambda f: without("SpatialLocationsPreserved")(reference(f)))
rows["9h"] = no_list
rows["9i"] = lambda d: without("SpacingBetweenSlices")(measures(d))
rows["9j"] = lambda d: with_values(SliceThickness=5)(measures(d))
rows["9k"] = lambda d: both(without("SpacingBetweenSlices"), with_values(SliceThickness=5))(measures(d))
rows["9l"] = lambda d: with_values(SliceThickness=0)(measures(d))
rows["9m"] = with_values(PatientName="", PatientID="")
rows["9n"] = without("SegmentsOverlap")
rows["74"] = lambda d: without("CodingSchemeDesignator")(d.SegmentSequence[0].SegmentedPropertyTypeCodeSequence[0])
rows["75"] = lambda d: without("SegmentedPropertyTypeCodeSequence")(d.SegmentSequence[0])
rows["76"] = lambda d: without("SegmentedPropertyCategoryCodeSequence")(d.SegmentSequence[0])
rows["73"] = lambda d: with_values(SegmentLabel="x" * 90)(d.SegmentSequence[0])
rows["77"] = lambda d: both(with_values(SegmentAlgorithmType="SEMIAUTOMATIC"), without("SegmentAlgorithmName"))(d.SegmentSequence[0])
rows["78"] = lambda d: with_values(SegmentAlgorithmType="SEMI-AUTOMATIC")(d.SegmentSequence[0])
rows["79"] = lambda d: without("TrackingID")(d.SegmentSequence[0])
rows["80"] = lambda d: without("RecommendedDisplayCIELabValue")(d.SegmentSequence[0])
rows["83"] = lambda d: with_values(SeriesInstanceUID=d.ReferencedSeriesSequence[0].SeriesInstanceUID)(d)


@row("03")
def flipped(d):
    shared(d).PlaneOrientationSequence[0].ImageOrientationPatient = [-1, 0, 0, 0, 1, 0]


TILTED = [1, 0, 0, 0, 0.984808, 0.173648]


@row("04")
def tilted(d):
    shared(d).PlaneOrientationSequence[0].ImageOrientationPatient = TILTED


@row("98")
def tilted_last(d):
    plane = shared(d).PlaneOrientationSequence
    del shared(d).PlaneOrientationSequence
    for frame in frames(d):
        frame.PlaneOrientationSequence = copy.deepcopy(plane)
    frames(d)[-1].PlaneOrientationSequence[0].ImageOrientationPatient = TILTED


@row("11")
def neighbours(d):
    listed = [str(i.ReferencedSOPInstanceUID) for i in d.ReferencedSeriesSequence[0].ReferencedInstanceSequence]
    for frame in frames(d):
        at = listed.index(str(reference(frame).ReferencedSOPInstanceUID))
        reference(frame).ReferencedSOPInstanceUID = listed[at + 1 if at + 1 < len(listed) else at - 1]


@row("25")
def last_item_removed(d):
    d.PerFrameFunctionalGroupsSequence = Sequence(frames(d)[:-1])


@row("26")
def pixels_short(d):
    d.PixelData = d.PixelData[: len(d.PixelData) - d.Rows * d.Columns // 8]


@row("27")
def pixels_long(d):
    d.PixelData = d.PixelData + b"\0" * 16


@row("28")
def reversed_bits(d):
    d.PixelData = np.packbits(np.unpackbits(np.frombuffer(d.PixelData, np.uint8), bitorder="little")).tobytes()


@row("29")
def bytes_under_bits(d):
    d.PixelData = bits(d).tobytes()


@row("30")
def binary_in_bytes(d):
    put_bytes(d, bits(d))


def fractional(d, values):
    put_bytes(d, values)
    d.SegmentationType = "FRACTIONAL"
    d.SegmentationFractionalType = "PROBABILITY"
    d.MaximumFractionalValue = 255


@row("34")
def all_or_nothing(d):
    fractional(d, bits(d) * 255)


@row("33")
def no_maximum(d):
    all_or_nothing(d)
    del d.MaximumFractionalValue


@row("35")
def between(d):
    values = bits(d) * 255
    values[:, ::2][values[:, ::2] > 0] = 100
    fractional(d, values)


def renumber(d, numbers):
    for segment in d.SegmentSequence:
        segment.SegmentNumber = numbers[segment.SegmentNumber]
    for frame in frames(d):
        item = frame.SegmentIdentificationSequence[0]
        item.ReferencedSegmentNumber = numbers[item.ReferencedSegmentNumber]


@row("36")
def gap_in_numbers(d):
    renumber(d, {1: 1, 2: 3})


@row("37")
def from_zero(d):
    renumber(d, {1: 0, 2: 1})


@row("38")
def not_described(d):
    for frame in frames(d):
        item = frame.SegmentIdentificationSequence[0]
        if item.ReferencedSegmentNumber == 2:
            item.ReferencedSegmentNumber = 5


@row("39")
def other_order(d):
    d.SegmentSequence = Sequence(reversed(d.SegmentSequence))


@row("40")
def third_segment(d):
    more = copy.deepcopy(d.SegmentSequence[1])
    more.SegmentNumber = 3
    more.TrackingUID = FOREIGN
    d.SegmentSequence.append(more)


def add_empty_frame(d, frame):
    array = bits(d)
    frames(d).append(frame)
    put_bits(d, np.concatenate([array, np.zeros_like(array[:1])]))


@row("41")
def empty_frame(d):
    taken = {f.FrameContentSequence[0].DimensionIndexValues[1] for f in frames(d)[4:]}
    free = [f for f in frames(d)[:4] if f.FrameContentSequence[0].DimensionIndexValues[1] not in taken]
    frame = copy.deepcopy(free[0])
    frame.SegmentIdentificationSequence[0].ReferencedSegmentNumber = 2
    frame.FrameContentSequence[0].DimensionIndexValues[0] = 2
    add_empty_frame(d, frame)


@row("97")
def frame_twice(d):
    add_empty_frame(d, copy.deepcopy(frames(d)[-1]))


@row("46")
def label_map(d):
    array = bits(d)
    ranks = sorted({f.FrameContentSequence[0].DimensionIndexValues[1] for f in frames(d)})
    values = np.zeros((len(ranks), d.Rows, d.Columns), np.uint8)
    kept = {}
    for frame, mask in zip(frames(d), array):
        at = ranks.index(frame.FrameContentSequence[0].DimensionIndexValues[1])
        values[at][mask == 1] = frame.SegmentIdentificationSequence[0].ReferencedSegmentNumber
        kept[at] = frame
    items = []
    for at in range(len(ranks)):
        item = copy.deepcopy(kept[at])
        del item.SegmentIdentificationSequence
        item.FrameContentSequence[0].DimensionIndexValues = [at + 1]
        items.append(item)
    d.PerFrameFunctionalGroupsSequence = Sequence(items)
    d.DimensionIndexSequence = Sequence([d.DimensionIndexSequence[1]])
    d.NumberOfFrames = len(ranks)
    put_bytes(d, values)
    d.SegmentationType = "LABELMAP"
    d.SOPClassUID = d.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.66.7"
    d["PixelPaddingValue"] = DataElement(0x00280120, "US", 0)


@row("51")
def half_resolution(d):
    put_bits(d, bits(d)[:, ::2, ::2])
    d.Rows, d.Columns = 32, 36
    measures(d).PixelSpacing = [1.6, 1.4]


@row("53")
def secondary_capture(d):
    d.SOPClassUID = d.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.7.1"


@row("59")
def groups_twice(d):
    for frame in frames(d):
        frame.PlaneOrientationSequence = copy.deepcopy(shared(d).PlaneOrientationSequence)
        frame.PixelMeasuresSequence = copy.deepcopy(shared(d).PixelMeasuresSequence)


@row("60")
def groups_per_frame(d):
    groups_twice(d)
    del shared(d).PlaneOrientationSequence
    del shared(d).PixelMeasuresSequence


@row("61")
def no_shared(d):
    groups_twice(d)
    del d.SharedFunctionalGroupsSequence


@row("62")
def shuffled(d):
    order = [2, 0, 6, 3, 1, 5, 4]
    array = bits(d)[order]
    d.PerFrameFunctionalGroupsSequence = Sequence([frames(d)[i] for i in order])
    put_bits(d, array)


@row("63")
def items_shuffled(d):
    d.PerFrameFunctionalGroupsSequence = Sequence([frames(d)[i] for i in [2, 0, 6, 3, 1, 5, 4]])


def indices(change):
    def apply(d):
        for frame in frames(d):
            content = frame.FrameContentSequence[0]
            content.DimensionIndexValues = change(list(content.DimensionIndexValues))

    return apply


rows["64"] = indices(lambda values: [values[0] + 1, values[1]])
rows["65"] = indices(lambda values: [1, 1])
rows["66"] = indices(lambda values: values[0])


@row("69")
def other_organization(d):
    for item in d.DimensionIndexSequence:
        item.DimensionOrganizationUID = FOREIGN


@row("87")
def four_bytes(d):
    d["SamplesPerPixel"] = DataElement(0x00280002, "US", [1, 0])


@row("90")
def long_positions(d):
    for frame in frames(d):
        item = frame.PlanePositionSequence[0]
        values = [f"{float(v):.16f}".encode() for v in item.ImagePositionPatient]
        item["ImagePositionPatient"] = DataElement(0x00200032, "UN", b"\\".join(values))


@row("92")
def overlapping(d):
    array = bits(d).copy()
    array[6] |= array[0]
    put_bits(d, array)
    d.SegmentsOverlap = "YES"


@row("93")
def undefined_lengths(d):
    def walk(dataset):
        for element in dataset:
            if element.VR == "SQ":
                element.is_undefined_length = True
                for item in element.value:
                    item.is_undefined_length_sequence_item = True
                    walk(item)

    walk(d)


def one_segment(d):
    array = bits(d)[4:]
    items = frames(d)[4:]
    for item in items:
        item.SegmentIdentificationSequence[0].ReferencedSegmentNumber = 1
        item.FrameContentSequence[0].DimensionIndexValues[0] = 1
    d.PerFrameFunctionalGroupsSequence = Sequence(items)
    d.SegmentSequence = Sequence(d.SegmentSequence[:1])
    put_bits(d, array)


@row("96")
def one_frame(d):
    one_segment(d)
    array = bits(d)[:1]
    d.PerFrameFunctionalGroupsSequence = Sequence(frames(d)[:1])
    put_bits(d, array)


@row("9e")
def identified_for_all(d):
    one_segment(d)
    shared(d).SegmentIdentificationSequence = copy.deepcopy(frames(d)[0].SegmentIdentificationSequence)
    for frame in frames(d):
        del frame.SegmentIdentificationSequence


@row("9a")
def no_pixels(d):
    d.PixelData = b"\0" * len(d.PixelData)


@row("9b")
def two_images(d):
    for frame, other in zip(frames(d), frames(d)[1:] + frames(d)[:1]):
        wrong = copy.deepcopy(reference(other))
        frame.DerivationImageSequence[0].SourceImageSequence.insert(0, wrong)


@row("9c")
def another_series_first(d):
    other = copy.deepcopy(d.ReferencedSeriesSequence[0])
    other.SeriesInstanceUID = FOREIGN
    d.ReferencedSeriesSequence.insert(0, other)


def cropped(height, width, count):
    """Conformant objects of other sizes: bits follow each other without padding."""

    def apply(d):
        array = bits(d)[:count, :height, :width]
        d.PerFrameFunctionalGroupsSequence = Sequence(frames(d)[:count])
        d.Rows, d.Columns = height, width
        put_bits(d, array)

    return apply


for height, width, count in [(60, 72, 7), (61, 72, 7), (64, 66, 7), (60, 66, 7), (61, 67, 7), (61, 67, 2)]:
    rows[f"{height}x{width}x{count}"] = cropped(height, width, count)


@row("9f")
def padded_frames(d):
    cropped(61, 67, 7)(d)
    packed = b"".join(np.packbits(mask.reshape(-1), bitorder="little").tobytes() for mask in bits(d))
    d.PixelData = packed + b"\0" * (len(packed) % 2)


def save(name, change, **options):
    d = pydicom.dcmread(control)
    change(d)
    if "SOPInstanceUID" in d:
        d.file_meta.MediaStorageSOPInstanceUID = d.SOPInstanceUID
    d.save_as(out / f"{name}.dcm", enforce_file_format=False, **options)


def packbits(data):
    """PackBits (PS3.5 G.3.1) as literal runs."""
    packed = b""
    for at in range(0, len(data), 128):
        run = data[at : at + 128]
        packed += bytes([len(run) - 1]) + run
    packed += b"\0" * (len(packed) % 2)
    return struct.pack("<16I", 1, 64, *[0] * 14) + packed


def write_all():
    for name, change in rows.items():
        save(name, change)
    # 90: texts of any length, as decimal strings again
    path = out / "90.dcm"
    data = path.read_bytes()
    data = data.replace(b"\x20\x00\x32\x00UN\0\0", b"\x20\x00\x32\x00DS\0\0")
    fixed = b""
    at = 0
    while (found := data.find(b"\x20\x00\x32\x00DS\0\0", at)) >= 0:
        length = struct.unpack("<I", data[found + 8 : found + 12])[0]
        fixed += data[at : found + 6] + struct.pack("<H", length) + data[found + 12 : found + 12 + length]
        at = found + 12 + length
    data = fixed + data[at:]
    path.write_bytes(data)

    plain = control.read_bytes()
    # 86: OW is as long as OB here
    at = plain.index(b"\xe0\x7f\x10\x00OB")
    (out / "86.dcm").write_bytes(plain[: at + 4] + b"OW" + plain[at + 6 :])
    # 85: the declaration goes, the text stays
    at = plain.index(b"\x08\x00\x05\x00CS")
    length = struct.unpack("<H", plain[at + 6 : at + 8])[0]
    (out / "85.dcm").write_bytes(plain[:at] + plain[at + 8 + length :])

    d = pydicom.dcmread(control)
    d.file_meta.MediaStorageSOPInstanceUID = FOREIGN
    d.save_as(out / "54.dcm", enforce_file_format=False)
    for name, syntax in [("48", DeflatedExplicitVRLittleEndian), ("49", ImplicitVRLittleEndian), ("50", ExplicitVRBigEndian)]:
        d = pydicom.dcmread(control)
        for element in d.iterall():
            element.value
        d.file_meta.TransferSyntaxUID = syntax
        big = {"implicit_vr": False, "little_endian": False} if syntax == ExplicitVRBigEndian else {}
        pydicom.dcmwrite(out / f"{name}.dcm", d, **big)
    d = pydicom.dcmread(control)
    size = d.Rows * d.Columns // 8
    packed = [packbits(d.PixelData[i * size : (i + 1) * size]) for i in range(int(d.NumberOfFrames))]
    d.PixelData = encapsulate(packed)
    d["PixelData"].is_undefined_length = True
    d.file_meta.TransferSyntaxUID = RLELossless
    d.save_as(out / "47.dcm", enforce_file_format=False)
    return sorted([*rows, "47", "48", "49", "50", "54", "85", "86"])


json.dump(write_all(), sys.stdout)
