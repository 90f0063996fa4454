using Vitrine.Autograd;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests.Backends;

/// <summary>
/// What a device promises in addition to the arithmetic: copies, memory that comes back, few waits, and errors that say what to do. Traffic
/// is counted per device, so nothing else may run at the same time.
/// </summary>
[Collection(nameof(WorkerCount))]
public sealed class GpuBackendTests
{
    public static TheoryData<string> Gpus => TestDevices.Gpus;

    [Theory]
    [MemberData(nameof(Gpus))]
    public void To_ThereAndBack_GivesTheSameElements(string name)
    {
        using Device.Scope scope = TestDevices.Use(name);
        Tensor host = RandomTensor.Normal(3, [5, 7]).To(Device.Cpu), ids = Tensor.From([3, 1, 4, 1, 5], [5], Device.Cpu);
        Tensor view = host.Transpose().Slice(0, 2, 4);

        Assert.Equal(name, view.To(Device.Current).Device.Name);
        Assert.Equal(view.ToArray(), view.To(Device.Current).To(Device.Cpu).ToArray());
        Assert.Equal(ids.ToIntArray(), ids.To(Device.Current).ToIntArray());
        Assert.Same(host, host.To(Device.Cpu));
        Assert.True(host.AsWeight().To(Device.Current).IsWeight);
    }

    [Theory]
    [MemberData(nameof(Gpus))]
    public void To_MoreThanASmallCopy_GivesTheSameElements(string name)
    {
        using Device.Scope scope = TestDevices.Use(name);
        float[] values = [.. Enumerable.Range(0, 700_001).Select(i => (float)i)];

        Assert.Equal(values, Tensor.From(values, [values.Length]).ToArray());
    }

    [Theory]
    [MemberData(nameof(Gpus))]
    public void Traffic_AComputation_WaitsOnceForItsResult(string name)
    {
        using Device.Scope scope = TestDevices.Use(name);
        Tensor x = RandomTensor.Normal(1, [9, 33]), table = RandomTensor.Normal(2, [20, 33]),
            ids = Tensor.From([3, 1, 4, 1, 5, 9, 2, 6, 5], [3, 3]);
        DeviceTraffic before = Device.Current.Traffic;

        Tensor y = (x.Reshape([3, 3, 33]) + table.Gather(ids)).Softmax().Transpose().Sum();
        Assert.Equal(before.Downloads, Device.Current.Traffic.Downloads); // the ids are known on the host: checking them costs no wait
        float result = y.Item();

        Assert.Equal(9, result, 4);
        Assert.Equal(before.Downloads + 1, Device.Current.Traffic.Downloads);
        Assert.Equal(before.DownloadedBytes + 4, Device.Current.Traffic.DownloadedBytes);
        Assert.True(Device.Current.Traffic.Launches > before.Launches);
    }

    [Theory]
    [MemberData(nameof(Gpus))]
    public void Memory_ManyTemporaries_IsUsedAgain(string name)
    {
        using Device.Scope scope = TestDevices.Use(name);
        BufferPool pool = ((GpuBackend)Device.Current.Backend).Pool;
        Tensor x = RandomTensor.Normal(1, [1 << 20]);
        long before = pool.Held;

        for (int i = 0; i < 200; i++) // 800 MB of results
        {
            x = x.Scale(0.5f, 1);
        }

        Assert.Equal(2, x.ToArray()[0], 5);
        Assert.InRange(pool.Held - before, 0, 200 << 20);
    }

    [Theory]
    [MemberData(nameof(Gpus))]
    public void Memory_MoreThanThereIs_SaysWhatWasAskedAndWhatIsFree(string name)
    {
        using Device.Scope scope = TestDevices.Use(name);
        BufferPool pool = new("tiny:0", _ => 0, _ => { }, 1 << 20);

        var error = Assert.Throws<DeviceException>(() => pool.Take(3 << 20, out _));

        Assert.Contains("asked for 3 MB", error.Message, StringComparison.Ordinal);
        Assert.Contains("free 1 MB", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Gpus))]
    public void Operands_OnTwoDevices_AreRefused(string name)
    {
        using Device.Scope scope = TestDevices.Use(name);
        Tensor here = Tensor.Scalar(1), there = Tensor.Scalar(1, Device.Cpu);

        Assert.Contains("To(device)", Assert.Throws<DeviceException>(() => here + there).Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Gpus))]
    public void Build_SourceWithAMistake_ShowsTheLogAndTheLine(string name)
    {
        using Device.Scope scope = TestDevices.Use(name);
        Assert.SkipUnless(Device.Current.Backend is OpenClBackend, "only OpenCL compiles at run time");
        var backend = (OpenClBackend)Device.Current.Backend;
        string source = KernelSource.OpenCl("pick") + "\nKERNEL wrong(BUFFERS1) { nonsense }\n";

        string message = Assert.Throws<DeviceException>(() => backend.Build("pick", source)).Message;

        Assert.Contains("nonsense", message, StringComparison.Ordinal);
        Assert.Contains("pick.kernel.c", message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Gpus))]
    public void Launch_UnknownKernel_IsRefusedByName(string name)
    {
        using Device.Scope scope = TestDevices.Use(name);

        var error = Assert.Throws<DeviceException>(() => Op.Launch("no_such_forward", 1, [Tensor.Scalar(1)]));

        Assert.Contains("no_such_forward", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Gpus))]
    public void Attention_HeadsWiderThanRegistersHold_AgreeWithTheCpu(string name)
    {
        using Device.Scope scope = TestDevices.Use(name);
        Tensor q = RandomTensor.Normal(1, [2, 19, 2, 520]), k = RandomTensor.Normal(2, [2, 21, 1, 520]),
            v = RandomTensor.Normal(3, [2, 21, 1, 520]);

        float[] here = Everything(q, k, v), there;
        using (Device.Use(Device.Cpu))
        {
            there = Everything(q.To(Device.Cpu), k.To(Device.Cpu), v.To(Device.Cpu));
        }

        TensorAssert.Close(here, there, 1e-4, 2e-5);

        static float[] Everything(params Tensor[] x)
        {
            using var tape = new Tape();
            Tensor z = TensorOps.Attention(x[0], x[1], x[2], null, causal: true, 1 / MathF.Sqrt(520));
            Gradients gradients = tape.Gradient(z, new Seeds(RandomTensor.Normal(8, z.Shape.Prepend(3))), x);
            return [.. z.ToArray(), .. x.SelectMany(input => gradients[input].ToArray())];
        }
    }

    [Theory]
    [MemberData(nameof(Gpus))]
    public void MatMul_OneRow_TakesItsOwnKernel(string name)
    {
        using Device.Scope scope = TestDevices.Use(name);
        Tensor x = RandomTensor.Normal(1, [1, 300]), w = RandomTensor.Normal(2, [300, 130]), wt = RandomTensor.Normal(3, [130, 300]);
        using Profiler profiler = Device.Current.Profile();

        float[] y = x.MatMul(w).ToArray(), yt = x.MatMul(wt, transposeB: true).ToArray();
        DeviceProfile profile = profiler.Stop();

        Assert.Equal(("mat_mul_row", 2), (Assert.Single(profile.Kernels).Kernel, profile.Launches));
        TensorAssert.Close(y, x.To(Device.Cpu).MatMul(w.To(Device.Cpu)).ToArray(), 1e-4, 1e-5);
        TensorAssert.Close(yt, x.To(Device.Cpu).MatMul(wt.To(Device.Cpu), transposeB: true).ToArray(), 1e-4, 1e-5);
    }

    /// <summary>A group takes a row with as many items as suit the device; what suits other devices must give the same.</summary>
    [Theory]
    [InlineData(8)]
    [InlineData(16)]
    [InlineData(128)]
    public void Softmax_GroupsOfOtherSizes_AgreeWithTheCpu(int items)
    {
        using Device.Scope scope = TestDevices.Use(TestDevices.Names[1]);
        Assert.SkipUnless(Device.Current.Backend is OpenClBackend, "only OpenCL compiles at run time");
        var backend = (OpenClBackend)Device.Current.Backend;
        Tensor x = RandomTensor.Normal(1, [5, 1001]), y = Tensor.Empty([5, 1001], Device.Current);
        string source = $"#undef ROW\n#define ROW {items}\n" + KernelSource.OpenCl("softmax");

        backend.Launch(new KernelCall("softmax_forward", 5, [x, null, y], [1001, 0]), new GpuKernel("", items, 1, 1),
            backend.Function(backend.Build("softmax", source), "softmax_forward"));

        TensorAssert.Close(y.ToArray(), x.To(Device.Cpu).Softmax().ToArray(), 1e-4, 1e-6);
    }

    /// <summary>A driver that cuts a group unevenly would turn them off at the first reduction.</summary>
    [Theory]
    [MemberData(nameof(Gpus))]
    public void HasSubgroups_AfterAReduction_StaysAsItWas(string name)
    {
        using Device.Scope scope = TestDevices.Use(name);
        Assert.SkipUnless(Device.Current.Backend is OpenClBackend, "CUDA has warps always");
        var backend = (OpenClBackend)Device.Current.Backend;
        bool before = backend.HasSubgroups;

        _ = RandomTensor.Normal(1, [3, 40]).Softmax().ToArray();

        Assert.Equal(before, backend.HasSubgroups);
    }

    [Fact]
    public void Parse_AbsentDevice_ListsWhatThereIs()
    {
        string message = Assert.Throws<DeviceException>(() => Device.Parse("opencl:99")).Message;

        Assert.Contains("cpu", message, StringComparison.Ordinal);
        Assert.Contains("opencl:99", message, StringComparison.Ordinal);
        Assert.Same(Device.Cpu, Device.Parse("CPU"));
    }

    [Fact]
    public void Use_NestedScopes_RestoreTheDeviceBefore()
    {
        Assert.Same(Device.Cpu, Device.Current);
        using (Device.Use(Device.All[^1]))
        {
            using (Device.Use(Device.Cpu))
            {
                Assert.Same(Device.Cpu, Tensor.Scalar(1).Device);
            }
            Assert.Same(Device.All[^1], Tensor.Scalar(1).Device);
        }
        Assert.Same(Device.Cpu, Device.Current);
    }
}
