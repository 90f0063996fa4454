using Vitrine.Autograd;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Backends;

/// <summary>What a profile counts, on every device. It watches a whole device, so nothing else may run at the same time.</summary>
[Collection(nameof(WorkerCount))]
public sealed class ProfilerTests
{
    public static TheoryData<string> Devices => [.. TestDevices.Names];

    [Theory]
    [MemberData(nameof(Devices))]
    public void Profile_ForwardOfAKnownModel_CountsEveryKernel(string name)
    {
        using Device.Scope scope = TestDevices.Use(name);
        using var folder = new TempFolder();
        ITransformer model = TinyModels.Load(folder.Path, "gpt2", layers: 2);
        var input = ModelInput.Of([3, 1, 4, 1, 5]);
        using Profiler profiler = Device.Current.Profile();

        _ = model.Forward(input).ToArray();
        DeviceProfile profile = profiler.Stop();

        // Of a block: two norms, q, k, v, out and two of the feed-forward layer; next to them embeddings, the last norm, the logits.
        Assert.Equal(
            new SortedDictionary<string, long>
            {
                ["add_forward"] = 5,
                ["attention_forward"] = 2,
                ["gather_forward"] = 2,
                ["gelu_tanh_forward"] = 2,
                ["layer_norm_forward"] = 5,
                ["mat_mul_forward"] = 13,
            },
            new SortedDictionary<string, long>(profile.Kernels.ToDictionary(k => k.Kernel, k => k.Calls)));
        Assert.Equal(29, profile.Launches);
        // The ids are checked four times; a GPU's are known on the host.
        Assert.Equal(name == "cpu" ? (1 + 4, (5 * 50 * 4) + (4 * 5 * 4)) : (1, 5 * 50 * 4),
            (profile.Downloads.Count, profile.Downloads.Bytes));
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void Profile_AProduct_CountsItsArithmeticAndBytes(string name)
    {
        using Device.Scope scope = TestDevices.Use(name);
        Tensor a = RandomTensor.Normal(1, [3, 5]), b = RandomTensor.Normal(2, [5, 7]);
        using Profiler profiler = Device.Current.Profile();

        for (int i = 0; i < 4; i++)
        {
            _ = a.MatMul(b);
        }
        KernelProfile kernel = Assert.Single(profiler.Stop().Kernels);

        Assert.Equal(("mat_mul_forward", 4), (kernel.Kernel, kernel.Calls));
        Assert.Equal(4 * 2 * 3 * 5 * 7, kernel.Cost.Flops);
        Assert.Equal(4 * 4 * (15 + 35 + 21 + 2), kernel.Bytes); // and where the two matrices begin
        Assert.InRange(kernel.Slowest, kernel.Seconds / 4, kernel.Seconds);
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void Profile_CopiesAndTimes_AddUp(string name)
    {
        using Device.Scope scope = TestDevices.Use(name);
        DeviceTraffic before = Device.Current.Traffic;
        using Profiler profiler = Device.Current.Profile();

        Tensor x = Tensor.From(new float[6], [2, 3]);
        _ = x.Softmax().Exp().ToArray();
        _ = x.Tanh().ToArray();
        DeviceProfile profile = profiler.Stop();

        Assert.Equal((1, 24), (profile.Uploads.Count, profile.Uploads.Bytes));
        Assert.Equal((2, 48), (profile.Downloads.Count, profile.Downloads.Bytes));
        Assert.Equal(name == "cpu" ? 0 : 2, profile.Waits.Count);
        Assert.Equal(3, profile.Launches);
        Assert.InRange(profile.KernelSeconds, 1e-9, profile.Seconds);
        Assert.Equal(profile.KernelSeconds, profile.Kernels.Sum(k => k.Seconds));
        Assert.Equal(profile.Kernels.OrderByDescending(k => k.Seconds), profile.Kernels);
        if (name != "cpu")
        {
            Assert.Equal(before.Launches + 3, Device.Current.Traffic.Launches);
            Assert.Equal(before.Uploads + 1, Device.Current.Traffic.Uploads);
        }
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void Profile_ASecondOne_IsRefusedUntilTheFirstStops(string name)
    {
        using Device.Scope scope = TestDevices.Use(name);
        Tensor x = RandomTensor.Normal(1, [3]);
        using Profiler first = Device.Current.Profile();

        Assert.Contains("Stop the first", Assert.Throws<DeviceException>(Device.Current.Profile).Message, StringComparison.Ordinal);
        _ = x.Exp();
        DeviceProfile profile = first.Stop();
        _ = x.Exp().ToArray();
        using Profiler second = Device.Current.Profile();

        Assert.Equal(1, profile.Launches);
        Assert.Same(profile, first.Stop());
        Assert.Equal(0, second.Stop().Launches);
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void Profile_MoreLaunchesThanADriverHasTimersFor_CountsAll(string name)
    {
        using Device.Scope scope = TestDevices.Use(name);
        Tensor x = RandomTensor.Normal(1, [3]);
        using Profiler profiler = Device.Current.Profile();

        for (int i = 0; i < 5000; i++)
        {
            x = x.Tanh();
        }

        Assert.Equal(5000, profiler.Stop().Launches);
    }

    [Fact]
    public void Cost_OfEveryCaseOfTheOpTable_IsThatOfItsLaunches()
    {
        foreach (OpRow row in OpTable.All)
        {
            foreach (OpCase call in row.Cases.Where(c => c.Flops > 0 && !c.IsBenchmark))
            {
                Tensor[] inputs = call.Make();
                var launches = new List<KernelCall>();
                Op.Launched = launches.Add;
                Tensor y = call.Apply(inputs);
                Op.Launched = null;

                // the table counts the logits alone
                _ = row.Name == "cross_entropy" && launches.RemoveAll(launch => launch.Kernel == "sum_rows") > 0;
                double flops = launches.Sum(launch => KernelCost.Arithmetic(launch).Flops), bytes = launches.Sum(KernelCost.Bytes);
                Assert.True(Math.Abs(flops - call.Flops) < 1e-9 * call.Flops,
                    $"{row} {call}: {flops} in the launches, {call.Flops} in the table");
                Assert.True(bytes >= 4.0 * y.Shape.Elements, $"{row} {call}");
            }
        }
    }

    [Fact]
    public void Cost_AttentionBackward_GrowsWithSeedsAndGradients()
    {
        Tensor q = RandomTensor.Normal(1, [2, 6, 4, 8]), k = RandomTensor.Normal(2, [2, 6, 2, 8]), v = RandomTensor.Normal(3, [2, 6, 2, 8]);
        double pair = 2.0 * 8, pairs = 2 * 4 * 6 * 3.5; // a causal query sees 3.5 of 6 keys on average

        Assert.Equal(pairs * pair * (1 + (3 * 4)), Backward(3, q, k, v));
        Assert.Equal(pairs * pair * (1 + 1), Backward(1, v));

        double Backward(int seeds, params Tensor[] wrt)
        {
            using var tape = new Tape();
            Tensor z = TensorOps.Attention(wrt.Contains(q) ? q : q.AsWeight(), wrt.Contains(k)
                ? k : k.AsWeight(), v, null, causal: true, 0.3f);
            double flops = 0;
            Op.Launched = call => flops += call.Kernel == "attention_backward" ? KernelCost.Arithmetic(call).Flops : 0;
            _ = tape.Gradient(z, new Seeds(RandomTensor.Normal(4, z.Shape.Prepend(seeds))), wrt);
            Op.Launched = null;
            return flops;
        }
    }
}
