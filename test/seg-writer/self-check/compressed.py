"""A label map whose frames are compressed.

usage: compressed.py CONTROL OUT; writes rle.dcm, jpeg-ls.dcm, cut.dcm (RLE, the last frame cut) and uncompressed.dcm (encapsulated all the same)
"""

import copy
import sys
import warnings
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom
from pydicom.dataelem import DataElement
from pydicom.encaps import encapsulate, generate_frames
from pydicom.sequence import Sequence
from pydicom.uid import UID, JPEGLSLossless, RLELossless

warnings.simplefilter("ignore")
control, out = Path(sys.argv[1]), Path(sys.argv[2])


def label_map():
    d = pydicom.dcmread(control)
    seg = hd.seg.segread(control)
    volume = seg.get_volume(combine_segments=True)
    places = {}
    for frame in d.PerFrameFunctionalGroupsSequence:
        places[float(frame.PlanePositionSequence[0].ImagePositionPatient[2])] = frame
    heights = [volume.affine[2, 3] + k * volume.affine[2, 0] for k in range(volume.array.shape[0])]
    items = []
    for at, height in enumerate(heights):
        item = copy.deepcopy(places[min(places, key=lambda z: abs(z - height))])
        del item.SegmentIdentificationSequence
        item.FrameContentSequence[0].DimensionIndexValues = [at + 1]
        items.append(item)
    d.PerFrameFunctionalGroupsSequence = Sequence(items)
    d.DimensionIndexSequence = Sequence([d.DimensionIndexSequence[1]])
    d.NumberOfFrames = len(items)
    d.BitsAllocated = d.BitsStored = 8
    d.HighBit = 7
    d.SegmentationType = "LABELMAP"
    d.SOPClassUID = d.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.66.7"
    d["PixelPaddingValue"] = DataElement(0x00280120, "US", 0)
    array = volume.array.astype(np.uint8)
    d.PixelData = array.tobytes()
    return d, array


def save(name, frames, syntax):
    d, _ = label_map()
    d.PixelData = encapsulate(frames)
    d["PixelData"].is_undefined_length = True
    d.file_meta.TransferSyntaxUID = UID(syntax)
    pydicom.dcmwrite(out / f"{name}.dcm", d, implicit_vr=False, little_endian=True)


def compressed(syntax):
    d, array = label_map()
    d.compress(syntax, array)
    return list(generate_frames(d.PixelData, number_of_frames=len(array)))


_, array = label_map()
rle = compressed(RLELossless)
save("rle", rle, RLELossless)
save("cut", rle[:-1] + [rle[-1][:70]], RLELossless)
save("jpeg-ls", compressed(JPEGLSLossless), JPEGLSLossless)
save("uncompressed", [frame.tobytes() for frame in array], "1.2.840.10008.1.2.1.98")
