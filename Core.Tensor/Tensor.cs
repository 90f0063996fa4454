using System.Runtime.InteropServices;

namespace Vitrine.Tensors;

/// <summary>
/// A dense array: shape, strides and element type over a piece of device memory. It does no arithmetic; see <see cref="TensorOps"/>.
/// </summary>
/// <remarks>
/// A tensor never changes after the op that made it returns, so that what a tape saved stays true. Several tensors may view
/// one storage: a slice or a transposed view copies nothing.
/// </remarks>
public sealed class Tensor
{
    private static long s_lastId;
    private readonly int _offset; // in elements

    private Tensor(Storage storage, Device device, DType dtype, Shape shape, int[] strides, int offset)
    {
        (Storage, Device, DType, Shape, Strides, _offset) = (storage, device, dtype, shape, strides, offset);
        Id = Interlocked.Increment(ref s_lastId);
        IsContiguous = strides.AsSpan().SequenceEqual(shape.RowMajorStrides()) || shape.Elements <= 1 || Normalised(shape, strides);
    }

    /// <summary>A number no other tensor of this process has.</summary>
    public long Id { get; }

    /// <summary>Axis lengths, outermost first.</summary>
    public Shape Shape { get; }

    /// <summary>Element type.</summary>
    public DType DType { get; }

    /// <summary>Where the elements are.</summary>
    public Device Device { get; }

    /// <summary>Elements to skip per step along each axis.</summary>
    public IReadOnlyList<int> Strides { get; }

    /// <summary>Whether the elements lie in row-major order without gaps.</summary>
    public bool IsContiguous { get; }

    /// <summary>Whether this is a model's weight: a tape computes gradients of weights only when they are watched.</summary>
    public bool IsWeight { get; init; }

    internal Storage Storage { get; }

    /// <summary>Elements of the storage before the first one of this view.</summary>
    internal int Offset => _offset;

    /// <summary>Address of the first element; only on the CPU.</summary>
    internal unsafe byte* CpuPointer => Storage is CpuStorage cpu
        ? cpu.Pointer + ((long)_offset * DType.Size())
        : throw new DeviceException($"tensor: not on the CPU; got device {Device}. Copy it with To(Device.Cpu) first.");

    /// <summary>The elements of a contiguous float32 tensor on the CPU. Only the op that makes a tensor may write them.</summary>
    internal unsafe Span<float> Floats => IsContiguous && DType == DType.Float32
        ? new(CpuPointer, Shape.Elements)
        : throw new ShapeException($"tensor: not a contiguous float32 tensor; got {this}.");

    /// <summary>An uninitialised tensor, to be filled by the op that asked for it; without a device, on the ambient one.</summary>
    internal static Tensor Empty(Shape shape, Device? device = null, DType dtype = DType.Float32)
    {
        device ??= Device.Current;
        return new(device.Backend.Allocate((long)shape.Elements * dtype.Size()), device, dtype, shape, shape.RowMajorStrides(), 0);
    }

    /// <summary>A float32 tensor with the given elements, row-major.</summary>
    /// <exception cref="ShapeException">The number of values is not the number of elements.</exception>
    public static Tensor From(ReadOnlySpan<float> values, Shape shape, Device? device = null) =>
        Make(MemoryMarshal.AsBytes(values), values.Length, shape, DType.Float32, device);

    /// <summary>An int32 tensor with the given elements, row-major.</summary>
    /// <exception cref="ShapeException">The number of values is not the number of elements.</exception>
    public static Tensor From(ReadOnlySpan<int> values, Shape shape, Device? device = null) =>
        Make(MemoryMarshal.AsBytes(values), values.Length, shape, DType.Int32, device);

    /// <summary>An int8 tensor with the given elements, row-major.</summary>
    /// <exception cref="ShapeException">The number of values is not the number of elements.</exception>
    public static Tensor From(ReadOnlySpan<sbyte> values, Shape shape, Device? device = null) =>
        Make(MemoryMarshal.AsBytes(values), values.Length, shape, DType.Int8, device);

    /// <summary>A float16 tensor with the given elements, row-major.</summary>
    /// <exception cref="ShapeException">The number of values is not the number of elements.</exception>
    public static Tensor From(ReadOnlySpan<Half> values, Shape shape, Device? device = null) =>
        Make(MemoryMarshal.AsBytes(values), values.Length, shape, DType.Float16, device);

    /// <summary>A float32 tensor with every element set to <paramref name="value"/>.</summary>
    public static Tensor Full(Shape shape, float value, Device? device = null)
    {
        float[] values = new float[shape.Elements];
        Array.Fill(values, value);
        return From(values, shape, device);
    }

    /// <summary>A float32 tensor of zeros.</summary>
    public static Tensor Zeros(Shape shape, Device? device = null) => Full(shape, 0, device);

    /// <summary>A float32 scalar.</summary>
    public static Tensor Scalar(float value, Device? device = null) => From([value], [], device);

    /// <summary>A tensor over memory that something else owns, e.g. a mapped file; nothing is copied.</summary>
    internal static unsafe Tensor Over(object owner, void* pointer, Shape shape, DType dtype, bool isWeight) =>
        new(new CpuStorage(owner, (byte*)pointer, (long)shape.Elements * dtype.Size()), Device.Cpu, dtype, shape, shape.RowMajorStrides(),
            0)
        {
            IsWeight = isWeight,
        };

    /// <summary>Another view of the same elements. <paramref name="offset"/> counts from this tensor's first element.</summary>
    internal Tensor View(Shape shape, int[] strides, int offset = 0) =>
        new(Storage, Device, DType, shape, strides, _offset + offset);

    /// <summary>The same elements on another device: this tensor when it is there already, else a contiguous copy.</summary>
    /// <remarks>Not an op: no tape follows it. Move inputs and weights before a computation, results after it.</remarks>
    public unsafe Tensor To(Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        if (device == Device)
        {
            return this;
        }
        Tensor source = Layout.Contiguous(HostView());
        Tensor target = Empty(Shape, device, DType);
        int bytes = checked((int)target.Storage.Bytes);
        if (source.Storage is CpuStorage)
        {
            device.Backend.CopyIn(new(source.CpuPointer, bytes), target.Storage, 0);
        }
        else
        {
            Tensor host = device == Device.Cpu ? target : Empty(Shape, Device.Cpu, DType);
            source.Device.Backend.CopyOut(source.Storage, (long)source._offset * DType.Size(), new(host.CpuPointer, bytes));
            if (host != target)
            {
                device.Backend.CopyIn(new(host.CpuPointer, bytes), target.Storage, 0);
            }
        }
        GC.KeepAlive(source);
        return IsWeight ? target.AsWeight() : target;
    }

    /// <summary>The same elements, marked as a model's weight.</summary>
    public Tensor AsWeight() => new(Storage, Device, DType, Shape, [.. Strides], _offset) { IsWeight = true };

    /// <summary>Copies the elements of a float32 tensor to a new array, row-major.</summary>
    public float[] ToArray()
    {
        Expect(DType.Float32, "ToArray");
        float[] values = new float[Shape.Elements];
        CopyOut(MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }

    /// <summary>Copies the elements of an int32 tensor to a new array, row-major.</summary>
    public int[] ToIntArray()
    {
        Expect(DType.Int32, "ToIntArray");
        int[] values = new int[Shape.Elements];
        CopyOut(MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }

    /// <summary>Copies the elements of an int8 tensor to a new array, row-major.</summary>
    public sbyte[] ToSByteArray()
    {
        Expect(DType.Int8, "ToSByteArray");
        sbyte[] values = new sbyte[Shape.Elements];
        CopyOut(MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }

    /// <summary>Copies the elements of a float16 tensor to a new array, row-major.</summary>
    public Half[] ToHalfArray()
    {
        Expect(DType.Float16, "ToHalfArray");
        Half[] values = new Half[Shape.Elements];
        CopyOut(MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }

    /// <summary>The only element of a float32 tensor.</summary>
    /// <exception cref="ShapeException">There is not exactly one element.</exception>
    public float Item() => Shape.Elements == 1
        ? ToArray()[0]
        : throw new ShapeException($"item: not a single number; got shape {Shape}; expected one element.");

    /// <summary>Shape, type and elided elements, in numpy's manner.</summary>
    public override string ToString() => TensorPrinter.Print(this);

    private void CopyOut(Span<byte> target)
    {
        Tensor source = Layout.Contiguous(HostView());
        source.Device.Backend.CopyOut(source.Storage, (long)source._offset * DType.Size(), target);
        GC.KeepAlive(source);
    }

    /// <summary>This view of the host's copy of its storage, where there is one; else this tensor.</summary>
    private Tensor HostView() => Storage.OnHost is { } host ? new(host, Device.Cpu, DType, Shape, [.. Strides], _offset) : this;

    private static Tensor Make(ReadOnlySpan<byte> bytes, int count, Shape shape, DType dtype, Device? device)
    {
        if (count != shape.Elements)
        {
            throw new ShapeException($"tensor: wrong number of values; got {count} for shape {shape}; expected {shape.Elements}.");
        }
        Tensor tensor = Empty(shape, device, dtype);
        tensor.Device.Backend.CopyIn(bytes, tensor.Storage, 0);
        return tensor;
    }

    private void Expect(DType dtype, string op)
    {
        if (DType != dtype)
        {
            throw new ShapeException($"{op}: wrong element type; got {DType.Name()}; expected {dtype.Name()}.");
        }
    }

    /// <summary>Strides of axes of length 1 do not matter: compare the others only.</summary>
    private static bool Normalised(Shape shape, int[] strides)
    {
        int[] rowMajor = shape.RowMajorStrides();
        for (int i = 0; i < shape.Rank; i++)
        {
            if (shape[i] != 1 && strides[i] != rowMajor[i])
            {
                return false;
            }
        }
        return true;
    }
}
