using Vitrine.Tensors;
using Xunit;

namespace Vitrine.Tests.Backends;

/// <summary>What is said when a device dies. No device at hand can be made to: a backend without hardware stands in, whose driver fails on command.</summary>
public sealed class LostDeviceTests
{
    [Fact]
    public void Launch_DeviceIsLost_SaysSoThenAndEverAfter()
    {
        var driver = new FailingGpu();
        Device device = driver.AsDevice();
        Tensor x = Tensor.From([1f, 2f], [2], device), y = x.Tanh();
        driver.Failure = GpuFailure.Lost;

        string first = Assert.Throws<DeviceException>(() => x.Exp()).Message;
        int calls = driver.Calls;

        Assert.StartsWith("fake:0: the device is lost; got FAKE_ERROR from 'exp_forward'", first, StringComparison.Ordinal);
        Assert.Contains("start the program again", first, StringComparison.Ordinal);
        Assert.All((Action[])[() => x.Tanh(), () => y.ToArray(), () => Tensor.From([1f], [1], device), device.Synchronize],
            verb => Assert.Equal(first, Assert.Throws<DeviceException>(verb).Message));
        Assert.Equal(calls, driver.Calls); // a dead driver is left alone
    }

    [Fact]
    public void Launch_DriverRefusesOneCall_GoesOnAfterwards()
    {
        var driver = new FailingGpu { Failure = GpuFailure.Refused };
        Device device = driver.AsDevice();
        Tensor x = Tensor.From([1f, 2f], [2], device);

        Assert.Contains("the driver refuses", Assert.Throws<DeviceException>(() => x.Exp()).Message, StringComparison.Ordinal);
        driver.Failure = null;
        _ = x.Exp();
    }

    [Fact]
    public void Profile_DeviceIsLostMeanwhile_StopsWithWhatItHas()
    {
        var driver = new FailingGpu();
        Device device = driver.AsDevice();
        Tensor x = Tensor.From([1f, 2f], [2], device);
        using Profiler profiler = device.Profile();
        _ = x.Exp().ToArray();
        driver.Failure = GpuFailure.Lost;

        Assert.Throws<DeviceException>(() => x.Exp());

        Assert.Equal(1, profiler.Stop().Launches);
    }

    [Theory]
    [InlineData(-2, GpuFailure.Lost)]
    [InlineData(-14, GpuFailure.Lost)]
    [InlineData(-36, GpuFailure.Lost)]
    [InlineData(-9999, GpuFailure.Lost)]
    [InlineData(-5, GpuFailure.OutOfMemory)]
    [InlineData(-4, GpuFailure.OutOfMemory)]
    [InlineData(-54, GpuFailure.Refused)]
    internal void OpenCl_Status_MeansWhatTheSpecificationSays(int status, GpuFailure expected) => Assert.Equal(expected, OpenClStatus.Meaning(status));

    [Theory]
    [InlineData(700, GpuFailure.Lost)] // CUDA_ERROR_ILLEGAL_ADDRESS
    [InlineData(719, GpuFailure.Lost)] // CUDA_ERROR_LAUNCH_FAILED
    [InlineData(702, GpuFailure.Lost)] // CUDA_ERROR_LAUNCH_TIMEOUT
    [InlineData(999, GpuFailure.Lost)]
    [InlineData(2, GpuFailure.OutOfMemory)]
    [InlineData(701, GpuFailure.Refused)] // CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES
    [InlineData(1, GpuFailure.Refused)]
    internal void Cuda_Status_MeansWhatTheDriverSays(int status, GpuFailure expected) => Assert.Equal(expected, CudaNative.Meaning(status));

    /// <summary>A driver without a device: everything succeeds and computes nothing, until launches are told to fail.</summary>
    private sealed unsafe class FailingGpu() : GpuBackend("fake:0", 1 << 20)
    {
        private nint _handles;

        /// <summary>How launches fail from now on; null: not.</summary>
        public GpuFailure? Failure { get; set; }

        /// <summary>Calls into the driver so far.</summary>
        public int Calls { get; private set; }

        public Device AsDevice() => new("fake:0", () => this, "a fake", isGpu: true);

        protected override nint AllocateBuffer(long bytes) => ++_handles;

        protected override void FreeBuffer(nint buffer) { }

        protected override void Write(nint buffer, long offset, byte* source, long bytes, bool wait) => Calls++;

        protected override void Read(nint buffer, long offset, byte* target, long bytes) => Calls++;

        protected override nint Compile(string kernel, string source) => 1;

        protected override void Start(string name, nint function, GpuKernel kernel, WorkSize work, ReadOnlySpan<nint> buffers, in GpuCall numbers)
        {
            Calls++;
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
}
