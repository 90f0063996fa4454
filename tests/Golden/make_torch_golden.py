"""Writes tests/Golden/torch: checkpoints byte by byte as torch.save makes them, by CPython's own pickle, without torch.

Usage: python3 make_torch_golden.py
The layout is that of torch/serialization.py (zip form since 1.6, the form before it) and torch/_utils.py; classes of the same names stand in for torch's.
"""
import collections
import io
import json
import os
import pickle
import struct
import sys
import types
import zipfile

OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "torch")
MAGIC, PROTOCOL = 0x1950A86A20F9469CFC6C, 1001

torch, utils = types.ModuleType("torch"), types.ModuleType("torch._utils")
sys.modules["torch"], sys.modules["torch._utils"] = torch, utils
for storage in ("Float", "Half", "BFloat16", "Double", "Long", "Int", "Short", "Char", "Byte", "Bool"):
    setattr(torch, storage + "Storage", type(storage + "Storage", (), {"__module__": "torch"}))


def _rebuild_tensor_v2(*arguments):
    raise NotImplementedError


def _rebuild_parameter(*arguments):
    raise NotImplementedError


for function in (_rebuild_tensor_v2, _rebuild_parameter):
    function.__module__, function.__qualname__ = "torch._utils", function.__name__
    setattr(utils, function.__name__, function)


class Storage:
    def __init__(self, kind, key, values, code):
        self.kind, self.key, self.count, self.data = kind, key, len(values), b"".join(struct.pack("<" + code, v) for v in values)


class Tensor:
    def __init__(self, storage, offset, shape, strides, parameter=False):
        self.arguments, self.parameter = (storage, offset, shape, strides, False, collections.OrderedDict()), parameter

    def __reduce__(self):
        if self.parameter:
            return (_rebuild_parameter, (Tensor(*self.arguments[:4]), True, collections.OrderedDict()))
        return (_rebuild_tensor_v2, self.arguments)


class Pickler(pickle.Pickler):
    legacy = False

    def persistent_id(self, value):
        if not isinstance(value, Storage):
            return None
        entry = ("storage", getattr(torch, value.kind), value.key, "cpu", value.count)
        return entry + (None,) if self.legacy else entry


def pickled(value, legacy=False):
    stream = io.BytesIO()
    pickler = Pickler(stream, protocol=2)
    pickler.legacy = legacy
    pickler.dump(value)
    return stream.getvalue()


def bf16(x):
    return struct.unpack("<I", struct.pack("<f", x))[0] >> 16


floats = [0.5 * i - 2 for i in range(12)]
storages = [
    Storage("FloatStorage", "0", floats, "f"),
    Storage("HalfStorage", "1", [1.5, -2.25, 0.0], "e"),
    Storage("BFloat16Storage", "2", [bf16(x) for x in (3.0, -0.5)], "H"),
    Storage("LongStorage", "3", [7, -1, 1 << 40], "q"),
    Storage("CharStorage", "4", [-128, 127], "b"),
    Storage("BoolStorage", "5", [1, 0, 1], "B"),
    Storage("DoubleStorage", "6", [0.25], "d"),
]
f = storages[0]
tensors = collections.OrderedDict(
    plain=Tensor(f, 0, (3, 4), (4, 1)),
    transposed=Tensor(f, 0, (4, 3), (1, 4)),
    shared=Tensor(f, 4, (2, 2), (4, 1)),
    column=Tensor(f, 1, (3,), (4,)),
    parameter=Tensor(f, 8, (4,), (1,), parameter=True),
    half=Tensor(storages[1], 0, (3,), (1,)),
    bf16=Tensor(storages[2], 0, (2, 1), (1, 1)),
    longs=Tensor(storages[3], 0, (3,), (1,)),
    chars=Tensor(storages[4], 0, (2,), (1,)),
    bools=Tensor(storages[5], 0, (3,), (1,)),
    scalar=Tensor(storages[6], 0, (), ()),
    empty=Tensor(f, 0, (0, 4), (4, 1)),
)
tensors._metadata = collections.OrderedDict([("", {"version": 1})])
expected = {
    "plain": [[3, 4], floats], "transposed": [[4, 3], [floats[4 * j + i] for i in range(4) for j in range(3)]],
    "shared": [[2, 2], [floats[4], floats[5], floats[8], floats[9]]], "column": [[3], [floats[1], floats[5], floats[9]]],
    "parameter": [[4], floats[8:]], "half": [[3], [1.5, -2.25, 0.0]], "bf16": [[2, 1], [3.0, -0.5]], "longs": [[3], [7, -1, float(1 << 40)]],
    "chars": [[2], [-128, 127]], "bools": [[3], [1, 0, 1]], "scalar": [[], [0.25]], "empty": [[0, 4], []],
}

os.makedirs(OUT, exist_ok=True)


def write_zip(name, value, folder="archive"):
    with zipfile.ZipFile(os.path.join(OUT, name), "w", zipfile.ZIP_STORED) as archive:
        def add(file, data):
            archive.writestr(zipfile.ZipInfo(f"{folder}/{file}", (1980, 1, 1, 0, 0, 0)), data)
        add("data.pkl", pickled(value))
        add("byteorder", b"little")
        for storage in storages:
            add(f"data/{storage.key}", storage.data)
        add("version", b"3\n")


write_zip("zip.bin", tensors, "pytorch_model")
with open(os.path.join(OUT, "legacy.bin"), "wb") as file:
    for part in (MAGIC, PROTOCOL, dict(protocol_version=PROTOCOL, little_endian=True, type_sizes=dict(short=2, int=4, long=4))):
        file.write(pickle.dumps(part, protocol=2))
    file.write(pickled(tensors, legacy=True))
    file.write(pickle.dumps([s.key for s in storages], protocol=2))
    for s in storages:
        file.write(struct.pack("<q", s.count) + s.data)
write_zip("foreign.bin", collections.OrderedDict(weight=tensors["plain"], run=os.system))
json.dump(expected, open(os.path.join(OUT, "expected.json"), "w"), indent=0)
