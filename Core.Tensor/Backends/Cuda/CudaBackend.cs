using System.Text;

namespace Vitrine.Tensors;

/// <summary>
/// A device of the CUDA driver: its primary context, the default stream, and a module per op file, made by the driver from the PTX that
/// this assembly embeds (compiled for sm_52, so any card since 2014, but for the one with tensor-core instructions, for sm_80).
/// </summary>
internal sealed unsafe class CudaBackend : GpuBackend
{
    private const int MostGroups = 65535; // in the second and third direction

    private readonly nint _context;
    private readonly Dictionary<string, nint> _modules = new(StringComparer.Ordinal);

    public CudaBackend(string name, int device) : base(name, CudaDriver.Memory(device), CudaDriver.Capability(device))
    {
        Check("open the device", CudaNative.RetainContext(out _context, device));
    }

    protected override nint AllocateBuffer(long bytes)
    {
        Enter();
        int status = CudaNative.Allocate(out nint address, (nuint)bytes);
        if (status == CudaNative.OutOfMemory)
        {
            return 0;
        }
        Check("allocate", status);
        return address;
    }

    protected override void FreeBuffer(nint buffer)
    {
        Enter();
        Check("free", CudaNative.Free(buffer));
    }

    protected override void Write(nint buffer, long offset, byte* source, long bytes, bool wait)
    {
        Enter();
        nint target = buffer + (nint)offset;
        Check("copy to the device", wait ? CudaNative.CopyIn(target, source, (nuint)bytes) : CudaNative.CopyInAsync(target, source,
            (nuint)bytes, 0));
    }

    protected override void Read(nint buffer, long offset, byte* target, long bytes)
    {
        Enter();
        Check("copy from the device", CudaNative.CopyOut(target, buffer + (nint)offset, (nuint)bytes));
    }

    protected override nint Compile(string kernel, string source)
    {
        Enter();
        if (!_modules.TryGetValue(source, out nint module))
        {
            _modules[source] = module = Load(source);
        }
        Check($"find {kernel} in {source}.ptx", CudaNative.GetFunction(out nint function, module, kernel));
        return function;
    }

    protected override void Start(string name, nint function, GpuKernel kernel, WorkSize work, ReadOnlySpan<nint> buffers,
        in GpuCall numbers)
    {
        Enter();
        (int x, int y, int z) = kernel.Groups(work);
        if (y > MostGroups || z > MostGroups)
        {
            throw new DeviceException($"{Name}: too large a launch of {name}; got {y} x {z} groups after the first direction; "
                + $"expected at most {MostGroups} each. Use a smaller batch.");
        }
        void** parameters = stackalloc void*[buffers.Length + 1];
        fixed (nint* addresses = buffers)
        fixed (GpuCall* call = &numbers)
        {
            for (int i = 0; i < buffers.Length; i++)
            {
                parameters[i] = addresses + i;
            }
            parameters[buffers.Length] = call;
            Check(name, CudaNative.Launch(function, (uint)x, (uint)y, (uint)z, (uint)kernel.Items, 1, 1, 0, 0, parameters, null));
        }
    }

    protected override void Finish()
    {
        Enter();
        Check("wait", CudaNative.Synchronize());
    }

    // Events are recorded into the stream between commands; nothing has to be switched on.
    protected override void UseTimers(bool on) { }

    protected override nint TimerBefore()
    {
        Enter();
        Check("make a timer", CudaNative.CreateEvent(out nint made, 0));
        Check("set a timer", CudaNative.RecordEvent(made, 0));
        return made;
    }

    protected override nint TimerAfter() => TimerBefore();

    protected override double Elapsed(GpuTimer timer)
    {
        Enter();
        Check("wait for a timer", CudaNative.SynchronizeEvent(timer.After));
        Check("read a timer", CudaNative.ElapsedTime(out float milliseconds, timer.Before, timer.After));
        Check("free a timer", CudaNative.DestroyEvent(timer.Before));
        Check("free a timer", CudaNative.DestroyEvent(timer.After));
        return milliseconds * 1e-3;
    }

    /// <summary>The driver keeps a current context per thread.</summary>
    private void Enter() => Check("use the device", CudaNative.UseContext(_context));

    private nint Load(string source)
    {
        const int LogSize = 8192;
        byte[] image = Encoding.UTF8.GetBytes(KernelSource.Ptx(source) + "\0"), log = new byte[LogSize];
        fixed (byte* p = image, text = log)
        {
            int* names = stackalloc int[] { CudaNative.JitErrorLogBuffer, CudaNative.JitErrorLogBufferSize };
            void** values = stackalloc void*[] { text, (void*)(nint)LogSize };
            int status = CudaNative.LoadModule(out nint module, p, 2, names, values);
            return status == 0 ? module : throw new DeviceException(
                $"{Name}: the driver does not take {source}.ptx; got {CudaDriver.ErrorName(status)}; expected a module. "
                + $"Its log: {Encoding.UTF8.GetString(log).TrimEnd('\0').Trim()}");
        }
    }

    private void Check(string what, int status)
    {
        if (status != 0)
        {
            throw Refused(what, CudaDriver.ErrorName(status), CudaNative.Meaning(status));
        }
    }
}
