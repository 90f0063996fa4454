using Vitrine.Tensors;

namespace Vitrine.Tests.Support;

/// <summary>
/// A driver without a device: everything succeeds and computes nothing, until launches are told to fail. It says what it is asked for.
/// </summary>
/// <param name="capability">The compute capability that it claims, 75 for 7.5.</param>
internal sealed unsafe class FakeGpu(int capability = 0) : GpuBackend("fake:0", 1 << 20, capability)
{
    private nint _handles;

    /// <summary>How launches fail from now on; null: not.</summary>
    public GpuFailure? Failure { get; set; }

    /// <summary>Calls into the driver so far.</summary>
    public int Calls { get; private set; }

    /// <summary>Kernels that were launched, with the source they were looked for in.</summary>
    public List<(string Kernel, string Source)> Launched { get; } = [];

    public Device AsDevice() => new("fake:0", () => this, "a fake", isGpu: true);

    protected override nint AllocateBuffer(long bytes) => ++_handles;

    protected override void FreeBuffer(nint buffer) { }

    protected override void Write(nint buffer, long offset, byte* source, long bytes, bool wait) => Calls++;

    protected override void Read(nint buffer, long offset, byte* target, long bytes) => Calls++;

    protected override nint Compile(string kernel, string source) => 1;

    protected override void Start(string name, nint function, GpuKernel kernel, WorkSize work, ReadOnlySpan<nint> buffers,
        in GpuCall numbers)
    {
        Calls++;
        Launched.Add((name, kernel.Source));
        if (Failure is { } failure)
        {
            throw Refused(name, "FAKE_ERROR", failure);
        }
    }

    protected override void Finish() => Calls++;

    protected override void UseTimers(bool on) { }

    protected override nint TimerAfter() => 1;

    protected override double Elapsed(GpuTimer timer) => 0.001;
}
