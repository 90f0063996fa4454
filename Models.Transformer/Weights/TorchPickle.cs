using System.Buffers.Binary;
using System.Globalization;

namespace Vitrine.Transformers;

/// <summary>A storage of torch: the elements that one or more tensors are views of.</summary>
/// <param name="Type">Their type.</param>
/// <param name="Key">Its name in the archive.</param>
/// <param name="Count">How many there are.</param>
internal sealed record TorchStorage(WeightType Type, string Key, long Count);

/// <summary>A tensor as torch pickles it: a strided view of a storage.</summary>
/// <param name="Storage">The storage.</param>
/// <param name="Offset">Its first element there.</param>
/// <param name="Shape">Axis lengths.</param>
/// <param name="Strides">Elements between neighbours along each axis.</param>
internal sealed record TorchTensor(TorchStorage Storage, long Offset, long[] Shape, long[] Strides);

/// <summary>
/// Reads one pickle the way torch writes state dicts. Nothing is executed: of Python's operations those that build lists, tuples,
/// dictionaries, numbers and texts are known, of its functions the handful that rebuild tensors; anything else is refused by its name.
/// </summary>
/// <remarks>
/// Source: CPython Lib/pickletools.py (the opcodes); torch/serialization.py and torch/_utils.py (persistent ids, _rebuild_tensor_v2).
/// </remarks>
internal ref struct TorchPickle
{
    private static readonly object s_mark = new();

    private static readonly Dictionary<string, WeightType> s_storages = new(StringComparer.Ordinal)
    {
        ["DoubleStorage"] = WeightType.F64,
        ["FloatStorage"] = WeightType.F32,
        ["HalfStorage"] = WeightType.F16,
        ["BFloat16Storage"] = WeightType.BF16,
        ["LongStorage"] = WeightType.I64,
        ["IntStorage"] = WeightType.I32,
        ["ShortStorage"] = WeightType.I16,
        ["CharStorage"] = WeightType.I8,
        ["ByteStorage"] = WeightType.U8,
        ["BoolStorage"] = WeightType.BOOL,
    };

    private readonly ReadOnlySpan<byte> _bytes;
    private readonly string _path;
    private readonly List<object?> _stack = [];
    private readonly Dictionary<int, object?> _memo = [];
    private int _at;

    private TorchPickle(ReadOnlySpan<byte> bytes, string path)
    {
        _bytes = bytes;
        _path = path;
    }

    /// <summary>The Python functions and classes that are known.</summary>
    private enum Known
    {
        OrderedDict,
        RebuildTensor,
        RebuildParameter,
    }

    /// <summary>Reads the pickle that the bytes begin with.</summary>
    /// <param name="bytes">The bytes.</param>
    /// <param name="path">The file, for errors.</param>
    /// <param name="used">How many bytes it takes.</param>
    /// <returns>A <see cref="Dictionary{TKey,TValue}"/> by text, a list, a <see cref="TorchTensor"/>, a number, a text or null.</returns>
    /// <exception cref="WeightException">It is damaged, or does what is not known here.</exception>
    public static object? Read(ReadOnlySpan<byte> bytes, string path, out int used)
    {
        TorchPickle pickle = new(bytes, path);
        object? value = pickle.Run();
        used = pickle._at;
        return value;
    }

    private object? Run()
    {
        while (true)
        {
            byte op = Take(1)[0];
            switch (op)
            {
                case 0x80: _ = Take(1); break;                                   // PROTO
                case 0x95: _ = Take(8); break;                                   // FRAME
                case (byte)'.': return Pop();                                    // STOP
                case (byte)'(': _stack.Add(s_mark); break;                       // MARK
                case (byte)'0': _ = Pop(); break;                                // POP
                case (byte)'N': _stack.Add(null); break;
                case 0x88: _stack.Add(true); break;
                case 0x89: _stack.Add(false); break;
                case (byte)'K': _stack.Add((long)Take(1)[0]); break;             // BININT1
                case (byte)'M': _stack.Add((long)BinaryPrimitives.ReadUInt16LittleEndian(Take(2))); break;
                case (byte)'J': _stack.Add((long)BinaryPrimitives.ReadInt32LittleEndian(Take(4))); break;
                case 0x8a: _stack.Add(Long(Take(Take(1)[0]))); break;            // LONG1
                case (byte)'I': _stack.Add(DecimalText()); break;                // INT, and the truth values of protocol 1
                case (byte)'L': _stack.Add(DecimalText()); break;                // LONG
                case (byte)'G': _stack.Add(BinaryPrimitives.ReadDoubleBigEndian(Take(8))); break;
                case (byte)'U': _stack.Add(Text(Take(Take(1)[0]))); break;       // SHORT_BINSTRING
                case 0x8c: _stack.Add(Text(Take(Take(1)[0]))); break;            // SHORT_BINUNICODE
                case (byte)'T' or (byte)'X': _stack.Add(Text(Take(Length()))); break;
                case (byte)'}': _stack.Add(new Dictionary<string, object?>(StringComparer.Ordinal)); break;
                case (byte)']': _stack.Add(new List<object?>()); break;
                case (byte)')': _stack.Add(Array.Empty<object?>()); break;
                case (byte)'t': _stack.Add(ToMark()); break;                     // TUPLE
                case 0x85 or 0x86 or 0x87: _stack.Add(Last(op - 0x84)); break;   // TUPLE1, 2, 3
                case (byte)'l': _stack.Add(new List<object?>(ToMark())); break;  // LIST
                case (byte)'d': Set(new Dictionary<string, object?>(StringComparer.Ordinal), ToMark(), push: true); break;
                case (byte)'q': _memo[Take(1)[0]] = Top(); break;                // BINPUT
                case (byte)'r': _memo[Length()] = Top(); break;                  // LONG_BINPUT
                case 0x94: _memo[_memo.Count] = Top(); break;                    // MEMOIZE
                case (byte)'h': _stack.Add(Recall(Take(1)[0])); break;           // BINGET
                case (byte)'j': _stack.Add(Recall(Length())); break;             // LONG_BINGET
                case (byte)'c': _stack.Add(Global(Line(), Line())); break;       // GLOBAL
                case 0x93:                                                       // STACK_GLOBAL
                    object?[] names = Last(2);
                    _stack.Add(Global(names[0] as string ?? "?", names[1] as string ?? "?"));
                    break;
                case (byte)'Q': _stack.Add(Storage(Pop())); break;               // BINPERSID
                case (byte)'R': Call(); break;                                   // REDUCE
                // BUILD: attributes of an OrderedDict, _metadata among them
                case (byte)'b': _ = Pop(); break;
                case (byte)'s': Set(null, Last(2), push: false); break;          // SETITEM
                case (byte)'u': Set(null, ToMark(), push: false); break;         // SETITEMS
                case (byte)'a': Append(Last(1)); break;                          // APPEND
                case (byte)'e': Append(ToMark()); break;                         // APPENDS
                default: throw Foreign($"the opcode 0x{op:X2} at byte {_at - 1}");
            }
        }
    }

    private void Call()
    {
        object?[] pair = Last(2);
        if (pair[1] is not object?[] arguments)
        {
            throw Damaged("a call without a tuple of arguments");
        }
        _stack.Add(pair[0] switch
        {
            Known.OrderedDict when arguments.Length == 0 => new Dictionary<string, object?>(StringComparer.Ordinal),
            Known.RebuildTensor when arguments is [TorchStorage storage, long offset, object?[] shape, object?[] strides, ..] =>
                new TorchTensor(storage, offset, Numbers(shape), Numbers(strides)),
            Known.RebuildParameter when arguments is [TorchTensor tensor, ..] => tensor,
            Known known => throw Damaged($"{known} with other arguments than torch gives it"),
            _ => throw Foreign("a call of something that is no function"),
        });
    }

    private readonly object Global(string module, string name) => (module, name) switch
    {
        ("collections", "OrderedDict") => Known.OrderedDict,
        ("torch._utils", "_rebuild_tensor_v2" or "_rebuild_tensor") => Known.RebuildTensor,
        ("torch._utils", "_rebuild_parameter") => Known.RebuildParameter,
        ("torch", _) when s_storages.TryGetValue(name, out WeightType type) => type,
        _ => throw Foreign($"{WeightException.Quote($"{module}.{name}")}"),
    };

    /// <summary><c>("storage", type, key, location, count)</c>; torch before 1.6 adds a view.</summary>
    private readonly TorchStorage Storage(object? id) =>
        id is object?[] and ["storage", WeightType type, string key, string, long count, .. var view]
        ? count >= 0 && view.All(part => part is null) ? new(type, key, count) : throw Foreign("a storage that is a view of another")
        : throw Damaged("a storage that is not described as torch does");

    private readonly void Set(Dictionary<string, object?>? made, object?[] items, bool push)
    {
        Dictionary<string, object?> target = made ?? Top() as Dictionary<string, object?> ?? throw Damaged("items without a dictionary");
        if (items.Length % 2 != 0)
        {
            throw Damaged("a key without a value");
        }
        for (int i = 0; i < items.Length; i += 2)
        {
            target[items[i] as string ?? throw Foreign("a dictionary whose keys are no texts")] = items[i + 1];
        }
        if (push)
        {
            _stack.Add(target);
        }
    }

    private readonly void Append(object?[] items) => (Top() as List<object?> ?? throw Damaged("items without a list")).AddRange(items);

    private readonly object? Top() => _stack.Count > 0 ? _stack[^1] : throw Damaged("an empty stack");

    private readonly object? Pop() => Last(1)[0];

    private readonly object?[] Last(int count)
    {
        if (_stack.Count < count || _stack.Skip(_stack.Count - count).Contains(s_mark))
        {
            throw Damaged("an empty stack");
        }
        object?[] items = [.. _stack.Skip(_stack.Count - count)];
        _stack.RemoveRange(_stack.Count - count, count);
        return items;
    }

    private readonly object?[] ToMark()
    {
        int mark = _stack.LastIndexOf(s_mark);
        object?[] items = mark >= 0 ? [.. _stack.Skip(mark + 1)] : throw Damaged("no mark");
        _stack.RemoveRange(mark, _stack.Count - mark);
        return items;
    }

    private readonly object? Recall(int index) => _memo.TryGetValue(index, out object? value) ? value : throw Damaged($"no memo {index}");

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _bytes.Length - _at)
        {
            throw Damaged($"its end at byte {_bytes.Length}");
        }
        _at += count;
        return _bytes.Slice(_at - count, count);
    }

    private int Length() => BinaryPrimitives.ReadInt32LittleEndian(Take(4)) is >= 0 and int length
        ? length : throw Damaged("a length below 0");

    private string Line()
    {
        int end = _bytes[_at..].IndexOf((byte)'\n');
        string line = Text(end >= 0 ? Take(end) : throw Damaged("a line without an end"));
        _at++;
        return line;
    }

    private object DecimalText()
    {
        string text = Line();
        return text == "01" ? true : text == "00" ? false
            : long.TryParse(text.TrimEnd('L'), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long value) ? value
            : throw Damaged("a number that is none");
    }

    /// <summary>A whole number of up to 8 bytes; longer ones, torch's own magic number among them, as the text of their digits.</summary>
    private static object Long(ReadOnlySpan<byte> bytes)
    {
        var value = new System.Numerics.BigInteger(bytes);
        return value >= long.MinValue && value <= long.MaxValue ? (long)value : value.ToString(CultureInfo.InvariantCulture);
    }

    private static string Text(ReadOnlySpan<byte> bytes) => System.Text.Encoding.UTF8.GetString(bytes);

    private readonly long[] Numbers(object?[] values)
    {
        long[] numbers = new long[values.Length];
        for (int i = 0; i < values.Length; i++)
        {
            numbers[i] = values[i] is long and >= 0 and long number ? number : throw Damaged("a shape that is none");
        }
        return numbers;
    }

    private readonly WeightException Foreign(string what) => new(
        $"torch: the checkpoint holds more than tensors; got {what}; expected tensors by name, which alone are read: nothing in a file "
            + "is executed. "
        + $"Load it where it was made and save its state_dict, or convert it with save_pretrained(folder, safe_serialization=True). "
        + $"File: {_path}", _path);

    private readonly WeightException Damaged(string got) => new(
        $"torch: the checkpoint is damaged; got {got}; expected a pickle as torch.save writes it. "
        + $"The file is truncated or no checkpoint: fetch it again. File: {_path}", _path);
}
