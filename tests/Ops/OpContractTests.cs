using Vitrine.Autograd;
using Vitrine.Tensors;
using Vitrine.Tests.Backends;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests.Ops;

/// <summary>What every op promises, proved for every row of the op table on all its sample calls, on every device.</summary>
[Collection(nameof(WorkerCount))]
public sealed class OpContractTests
{
    public static TheoryData<string> Names => [.. OpTable.All.Select(row => row.Name)];

    public static TheoryData<string, string> NamesAndDevices => TestDevices.With(OpTable.All.Select(row => row.Name));

    public static TheoryData<string, string> TotalNamesAndDevices =>
        TestDevices.With(OpTable.All.Where(row => row.AcceptsAnyNumber).Select(row => row.Name));

    [Theory]
    [MemberData(nameof(NamesAndDevices))]
    public void Forward_AnySample_MatchesFloat64(string name, string device) => ForEachCase(name, device, (row, call, what) =>
    {
        Tensor[] inputs = call.Make();

        Tensor y = call.Apply(inputs);

        Array64 expected = call.Reference([.. inputs.Select(Array64.Of)]);
        Assert.Equal(expected.Shape, y.Shape);
        TensorAssert.Close(y, expected.Values, row.Tolerance.Relative, row.Tolerance.Absolute, what);
    });

    [Theory]
    [MemberData(nameof(NamesAndDevices))]
    public void Gradient_AnyInput_MatchesDifferencesOfFloat64(string name, string device) => ForEachCase(name, device, (row, call, what) =>
    {
        Tensor[] inputs = call.Make();
        Array64[] exact = [.. inputs.Select(Array64.Of)];
        Tensor y = Run(call, inputs, out Tape tape);
        Tensor weights = RandomTensor.Normal(77, y.Shape);
        Tensor[] wrt = Wrt(call, inputs);

        Gradients gradients = tape.Gradient(y, new Seeds(weights.Reshape(y.Shape.Prepend(1))), wrt);

        double[] w = Array64.Of(weights).Values;
        for (int input = 0; input < inputs.Length; input++)
        {
            if (!call.Inputs[input].HasGradient)
            {
                continue;
            }
            float[] actual = gradients[inputs[input]].ToArray();
            int[] sampled = Sample(actual.Length);
            double[] expected = [.. sampled.Select(element => Slope(call, exact, input, element, w))];
            // Rounding in a long sum is relative to the sum's size, not to the element's.
            double size = Math.Max(1, expected.Max(Math.Abs));
            (double rtol, double atol) = (Math.Max(1e-6, row.Tolerance.Relative), Math.Max(2e-6, row.Tolerance.Absolute) * size);
            TensorAssert.Close([.. sampled.Select(element => actual[element])], expected, rtol, atol, $"{what} d input {input}");
        }
    }, largest: 10_000); // the reference runs four times per element

    [Theory]
    [MemberData(nameof(NamesAndDevices))]
    public void Gradient_ManySeeds_EqualsOneByOne(string name, string device) => ForEachCase(name, device, (row, call, what) =>
    {
        Tensor[] inputs = call.Make();
        Tensor y = Run(call, inputs, out Tape tape);
        Tensor[] wrt = Wrt(call, inputs);
        Tensor seeds = RandomTensor.Normal(5, y.Shape.Prepend(3));

        Gradients together = tape.Gradient(y, new Seeds(seeds), wrt);

        for (int s = 0; s < 3; s++)
        {
            Gradients alone = tape.Gradient(y, new Seeds(seeds.Slice(0, s, 1)), wrt);
            foreach (Tensor x in wrt)
            {
                // One row is multiplied by a kernel of its own, which sums in another order than a tile of rows.
                (double rtol, double atol) = (Math.Max(1e-6, row.Tolerance.Relative), Math.Max(1e-6, row.Tolerance.Absolute));
                TensorAssert.Close(together[x].Select(0, s).ToArray(), alone[x].ToArray(), rtol, atol, $"{what} seed {s}");
            }
        }
    });

    [Theory]
    [MemberData(nameof(NamesAndDevices))]
    public void Views_StridedInputsAndSeeds_GiveTheSameAsContiguous(string name, string device) =>
        ForEachCase(name, device, (_, call, what) =>
    {
        Tensor[] plain = call.Make(), strided = [.. plain.Select(Strided)];
        Assert.All(plain.Zip(strided), pair => Assert.Equal(pair.First.Shape.Elements > 1, !pair.Second.IsContiguous));
        Tensor y = Run(call, plain, out Tape tape), yStrided = Run(call, strided, out Tape stridedTape);
        Tensor seeds = RandomTensor.Normal(6, y.Shape.Prepend(2));

        Gradients expected = tape.Gradient(y, new Seeds(seeds), Wrt(call, plain));
        Gradients actual = stridedTape.Gradient(yStrided, new Seeds(Strided(seeds)), Wrt(call, strided));

        TensorAssert.Close(yStrided.ToArray(), y.ToArray(), 1e-6, 1e-6, what);
        foreach ((Tensor x, Tensor v) in Wrt(call, plain).Zip(Wrt(call, strided)))
        {
            TensorAssert.Close(actual[v].ToArray(), expected[x].ToArray(), 1e-6, 1e-6, what);
        }
    });

    [Theory]
    [MemberData(nameof(NamesAndDevices))]
    public void Views_RepeatedRows_GiveTheSameAsCopies(string name, string device) => ForEachCase(name, device, (_, call, what) =>
    {
        // The first element along every axis stands for all: strides of 0.
        Tensor[] views = [.. call.Make().Select(x => x.View(x.Shape, new int[x.Shape.Rank]))];
        Tensor[] copies = [.. views.Select(v => v.DType switch
        {
            DType.Int32 => Tensor.From(v.ToIntArray(), v.Shape),
            DType.Float16 => Tensor.From(v.ToHalfArray(), v.Shape),
            DType.Int8 => Tensor.From(v.ToSByteArray(), v.Shape),
            _ => Tensor.From(v.ToArray(), v.Shape),
        })];

        TensorAssert.Close(call.Apply(views).ToArray(), call.Apply(copies).ToArray(), 1e-6, 1e-6, what);
    });

    [Theory]
    [MemberData(nameof(TotalNamesAndDevices))]
    public void HugeInputs_PlusMinusTenThousand_GiveNoNaN(string name, string device) => ForEachCase(name, device, (_, call, what) =>
    {
        Tensor[] inputs = [.. call.Make().Select((x, i) => call.Inputs[i].Values == OpValues.Normal ? Huge(x) : x)];
        Tensor y = Run(call, inputs, out Tape tape);

        Gradients gradients = tape.Gradient(y, Wrt(call, inputs));

        Assert.DoesNotContain(y.ToArray(), float.IsNaN);
        Assert.All(Wrt(call, inputs), x => Assert.False(gradients[x].ToArray().Any(float.IsNaN), what));
    });

    [Theory]
    [MemberData(nameof(Names))]
    public void Threads_AnyNumberAndAnyRun_GiveTheSameBits(string name)
    {
        int before = Workers.Count;
        try
        {
            ForEachCase(name, "cpu", (_, call, what) =>
            {
                float[]? expected = null;
                foreach (int threads in new[] { 1, 2, 2, 3, 7 })
                {
                    Workers.SetCount(threads);
                    float[] bits = Everything(call);
                    expected ??= bits;
                    Assert.True(expected.AsSpan().SequenceEqual(bits), $"{what}: {threads} threads give other bits.");
                }
            });
        }
        finally
        {
            Workers.SetCount(before);
        }
    }

    [Theory]
    [MemberData(nameof(NamesAndDevices))]
    public void Runs_OneAfterTheOther_GiveTheSameBits(string name, string device) => ForEachCase(name, device, (_, call, what) =>
        Assert.True(Everything(call).AsSpan().SequenceEqual(Everything(call)), $"{what}: a second run gives other bits."));

    private static void ForEachCase(string name, string device, Action<OpRow, OpCase, string> check, int largest = int.MaxValue)
    {
        using Device.Scope scope = TestDevices.Use(device);
        OpRow row = OpTable.Get(name);
        foreach (OpCase call in row.Cases.Where(c => !c.IsBenchmark && c.Inputs[0].Shape.Elements <= largest))
        {
            check(row, call, $"{name} {call}");
        }
    }

    private static Tensor Run(OpCase call, Tensor[] inputs, out Tape tape)
    {
        using (tape = new Tape())
        {
            return call.Apply(inputs);
        }
    }

    private static Tensor[] Wrt(OpCase call, Tensor[] inputs) => [.. inputs.Where((_, i) => call.Inputs[i].HasGradient)];

    /// <summary>Output and gradients of one call in a row.</summary>
    private static float[] Everything(OpCase call)
    {
        Tensor[] inputs = call.Make();
        Tensor y = Run(call, inputs, out Tape tape);
        Gradients gradients = tape.Gradient(y, Wrt(call, inputs));
        return [.. y.ToArray(), .. Wrt(call, inputs).SelectMany(x => gradients[x].ToArray())];
    }

    /// <summary>d Σ w·y / d element by central differences of the float64 reference, extrapolated once (Richardson).</summary>
    private static double Slope(OpCase call, Array64[] inputs, int input, int element, double[] w)
    {
        double Score(double move)
        {
            double[] values = [.. inputs[input].Values];
            values[element] += move;
            Array64[] moved = [.. inputs];
            moved[input] = inputs[input] with { Values = values };
            return call.Reference(moved).Values.Zip(w, (y, weight) => y * weight).Sum();
        }
        const double Step = 1e-3;
        double coarse = (Score(Step) - Score(-Step)) / (2 * Step), fine = (Score(Step / 2) - Score(-Step / 2)) / Step;
        return ((4 * fine) - coarse) / 3;
    }

    /// <summary>All elements of a small input, an even selection of a large one: references are slow.</summary>
    private static int[] Sample(int elements)
    {
        const int Most = 48;
        return elements <= Most ? [.. Enumerable.Range(0, elements)] : [.. Enumerable.Range(0, Most)
            .Select(i => (int)((long)i * (elements - 1) / (Most - 1)))];
    }

    /// <summary>The same elements stored with the axes reversed and every second place left out, the first of all among them.</summary>
    private static Tensor Strided(Tensor x)
    {
        using Recorder.Pause pause = Recorder.Suspend();
        int[] reversed = [.. Enumerable.Range(0, x.Shape.Rank).Reverse()];
        Tensor turned = x.Permute(reversed), spaced = Layout.Copy(turned.View(turned.Shape.Append(2), [.. turned.Strides, 0]));
        Tensor view = spaced.View(turned.Shape, [.. spaced.Strides.SkipLast(1)], offset: 1).Permute(reversed);
        return x.IsWeight ? view.AsWeight() : view;
    }

    private static Tensor Huge(Tensor x) => Tensor.From([.. x.ToArray().Select(v => v > 0 ? 1e4f : -1e4f)], x.Shape);
}
