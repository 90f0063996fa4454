using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests.Backends;

/// <summary>
/// What is said when a device dies. No device at hand can be made to: a backend without hardware stands in, whose driver fails on command.
/// </summary>
public sealed class LostDeviceTests
{
    [Fact]
    public void Launch_DeviceIsLost_SaysSoThenAndEverAfter()
    {
        var driver = new FakeGpu();
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
        var driver = new FakeGpu { Failure = GpuFailure.Refused };
        Device device = driver.AsDevice();
        Tensor x = Tensor.From([1f, 2f], [2], device);

        Assert.Contains("the driver refuses", Assert.Throws<DeviceException>(() => x.Exp()).Message, StringComparison.Ordinal);
        driver.Failure = null;
        _ = x.Exp();
    }

    [Fact]
    public void Profile_DeviceIsLostMeanwhile_StopsWithWhatItHas()
    {
        var driver = new FakeGpu();
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
    internal void OpenCl_Status_MeansWhatTheSpecificationSays(int status, GpuFailure expected) =>
        Assert.Equal(expected, OpenClStatus.Meaning(status));

    [Theory]
    [InlineData(700, GpuFailure.Lost)] // CUDA_ERROR_ILLEGAL_ADDRESS
    [InlineData(719, GpuFailure.Lost)] // CUDA_ERROR_LAUNCH_FAILED
    [InlineData(702, GpuFailure.Lost)] // CUDA_ERROR_LAUNCH_TIMEOUT
    [InlineData(999, GpuFailure.Lost)]
    [InlineData(2, GpuFailure.OutOfMemory)]
    [InlineData(701, GpuFailure.Refused)] // CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES
    [InlineData(1, GpuFailure.Refused)]
    internal void Cuda_Status_MeansWhatTheDriverSays(int status, GpuFailure expected) => Assert.Equal(expected, CudaNative.Meaning(status));
}
