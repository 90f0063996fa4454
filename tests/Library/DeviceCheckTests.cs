using Vitrine.Cli;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests.Library;

/// <summary>The check of a device: one that computes nothing is found out, by the names of its kernels, and no explanation runs on
/// it.</summary>
public sealed class DeviceCheckTests
{
    [Fact]
    public void Run_DeviceThatComputesNothing_NamesKernelsAndMeasuresNoSpeed()
    {
        var check = DeviceCheck.Run(new FakeGpu(capability: 80).AsDevice(), null, TestContext.Current.CancellationToken);

        Assert.Equal(OpTable.All.Select(row => row.Name), check.Ops.Select(op => op.Op));
        Assert.All(check.Ops.Where(op => op.Op is "mat_mul" or "softmax" or "attention" or "gelu"), op => Assert.True(op.Error > 1));
        Assert.Matches("^mat_mul_mma: wrong at .*; got 0 at element [0-9]+; expected ", check.Faults[0]);
        Assert.Empty(check.Models);
        Assert.Empty(check.Speeds);
        Assert.True(check.HasTensorCores);
        Assert.StartsWith("fake:0 computes wrongly: mat_mul_mma", check.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Ensure_DeviceThatComputesNothing_IsRefusedEveryTime()
    {
        Device device = new FakeGpu().AsDevice();
        for (int i = 0; i < 2; i++)
        {
            string message = Assert.Throws<DeviceException>(
                () => CheckedDevices.Ensure(device, TestContext.Current.CancellationToken)).Message;

            Assert.StartsWith("fake:0: computes wrongly; mat_mul_forward: wrong at ", message, StringComparison.Ordinal);
            Assert.Contains("'vitrine devices --check fake:0'", message, StringComparison.Ordinal);
        }
    }

    /// <summary>A device that is right is within what is allowed, and not by comparing nothing: kernels of both directions ran.</summary>
    [Theory]
    [InlineData("softmax", "softmax_backward, softmax_forward")]
    [InlineData("max", "max_forward, pick_backward")]
    public void OpCheck_DeviceThatIsRight_FindsNoFault(string op, string kernels)
    {
        using Device.Scope scope = TestDevices.Use(TestDevices.Names[1]);

        CheckedOp found = OpCheck.Run(OpTable.Get(op), Device.Current, 120, TestContext.Current.CancellationToken);

        Assert.Null(found.Fault);
        Assert.InRange(found.Error, 0, 1);
        Assert.True(found.Cases > 2);
        Assert.Contains(kernels, string.Join(", ", found.Kernels.Except(["copy_strided", "fill"])), StringComparison.Ordinal);
    }

    [Fact]
    public void Check_DeviceThatIsNotThere_EndsWithTheCodeOfDevices() =>
        CliRun.Of(["devices", "--check", "opencl:99"]).IsRefused(ExitCode.Device, "no such device");
}
