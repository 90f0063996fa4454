using System.Buffers.Binary;

namespace Vitrine.Transformers;

/// <summary>Walks the fields of one protobuf message (protobuf.dev, "Encoding"), as much of it as model files use.</summary>
/// <param name="message">The bytes of the message.</param>
/// <param name="source">The file, for errors.</param>
internal ref struct ProtobufReader(ReadOnlySpan<byte> message, string source)
{
    private readonly ReadOnlySpan<byte> _message = message;
    private int _at;
    private int _wireType;

    /// <summary>Number of the current field.</summary>
    public int Field { get; private set; }

    /// <summary>Goes to the next field; false at the end. The value must be read or skipped before the next call.</summary>
    public bool Next()
    {
        if (_at == _message.Length)
        {
            return false;
        }

        ulong tag = Varint();
        (Field, _wireType) = ((int)(tag >> 3), (int)(tag & 7));
        return true;
    }

    public bool ReadBool() => ReadInteger() != 0;

    public int ReadInteger()
    {
        Require(0);
        return unchecked((int)Varint());
    }

    public float ReadFloat()
    {
        Require(5);
        return BinaryPrimitives.ReadSingleLittleEndian(Take(4));
    }

    /// <summary>The bytes of a string, a byte field or a nested message.</summary>
    public ReadOnlySpan<byte> ReadBytes()
    {
        Require(2);
        return Take(Varint());
    }

    public void Skip()
    {
        switch (_wireType)
        {
            case 0:
                Varint();
                break;
            case 1:
                Take(8);
                break;
            case 2:
                ReadBytes();
                break;
            case 5:
                Take(4);
                break;
            default:
                throw Malformed();
        }
    }

    private ulong Varint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 64 && _at < _message.Length; shift += 7)
        {
            byte b = _message[_at++];
            value |= (ulong)(b & 0x7F) << shift;
            if (b < 0x80)
            {
                return value;
            }
        }

        throw Malformed();
    }

    private ReadOnlySpan<byte> Take(ulong length)
    {
        if (length > (ulong)(_message.Length - _at))
        {
            throw Malformed();
        }

        _at += (int)length;
        return _message.Slice(_at - (int)length, (int)length);
    }

    private readonly void Require(int wireType)
    {
        if (_wireType != wireType)
        {
            throw Malformed();
        }
    }

    private readonly TokenizerException Malformed() => new(
        $"sentence_piece: not a model file; got bytes that are no protobuf message (field {Field}) in {source}; expected a SentencePiece "
        + $".spm or .model.");
}
