using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Attributions.Inside;

/// <summary>
/// Every place of every family, in both directions, under several metrics: a sweep is what one whole forward pass per piece says, with
/// nothing shared and nothing cut; and estimates are what finite differences say.
/// </summary>
public sealed class PatchFamiliesTests
{
    private static readonly int[] s_clean = [5, 9, 13, 7, 30, 41], s_corrupted = [5, 9, 17, 7, 22, 41];

    public static TheoryData<string> Families => [.. TinyModels.Families];

    [Theory]
    [MemberData(nameof(Families))]
    public void Patching_EveryPlace_EqualsAForwardPassEach(string family)
    {
        using var folder = new TempFolder();
        ITransformer model = TinyModels.Load(folder.Path, family);
        int checkedPlaces = 0;
        foreach (string stack in PatchPlace.Stacks(model))
        {
            foreach (PatchPlace place in PatchPlace.All.Where(p => model.HookPoints.Any(h => h.Name == p.HookOf(stack, 0))))
            {
                int number = checkedPlaces++;
                PromptPair pair = Pair(model, Metric(number));
                var request = new PatchRequest
                {
                    Stack = stack,
                    Direction = number % 2 == 0 ? PatchDirection.Denoise : PatchDirection.Noise,
                    Axes = place.Kind switch
                    {
                        PlaceKind.Stream => PatchAxes.Position,
                        PlaceKind.Pattern => PatchAxes.Query,
                        PlaceKind.Heads => PatchAxes.PositionUnit,
                        _ => PatchAxes.Unit,
                    },
                };
                InsideTable swept = ActivationPatching.Run(model, [pair], place, request)["raw"];
                double[] single = OneByOne(model, pair, place, request);

                Assert.Equal(single.Length, swept.Values.Length);
                for (int i = 0; i < single.Length; i++)
                {
                    Assert.True(Math.Abs(single[i] - swept.Values[i]) < 2e-5 * Math.Max(1, Math.Abs(single[i])),
                        $"{family} {stack} {place.Name} {string.Join(' ', swept.LabelsOf(i))}: {swept.Values[i]} instead of {single[i]}");
                }
            }
        }
        Assert.True(checkedPlaces >= 7, $"{family}: {checkedPlaces} places");
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Estimate_EveryPlace_IsTheSlopeOfTheMetric(string family)
    {
        using var folder = new TempFolder();
        ITransformer model = TinyModels.Load(folder.Path, family);
        PromptPair pair = Pair(model, InsideMetric.LogitDifference(7, 11));
        foreach (string stack in PatchPlace.Stacks(model))
        {
            PatchPlace[] places = [.. PatchPlace.All.Where(p => model.HookPoints.Any(h => h.Name == p.HookOf(stack, 0)))];
            InsideResult estimates = AttributionPatching.Run(model, [pair], places, new() { Stack = stack, Axes = PatchAxes.Layer });
            foreach (PatchPlace place in places)
            {
                string hook = place.HookOf(stack, 0);
                Tensor step = PatchSweep.Capture(model, pair.Clean, [hook])[hook]
                    - PatchSweep.Capture(model, pair.Corrupted, [hook])[hook];
                double Moved(float by)
                {
                    using HookScope scope = model.Intervene(hook, x => x + step.Scale(by));
                    return pair.Metric.Of(model, pair.Corrupted).Item();
                }
                double slope = (Moved(4e-3f) - Moved(-4e-3f)) / 8e-3;

                Assert.True(Math.Abs(slope - estimates[place.Name].Values[0]) < 5e-3 * Math.Max(1, Math.Abs(slope)),
                    $"{family} {hook}: {estimates[place.Name].Values[0]} instead of {slope}");
            }
        }
    }

    private static PromptPair Pair(ITransformer model, InsideMetric metric)
    {
        var pair = PromptPair.Of(s_clean, s_corrupted, metric);
        if (model.Info.Task != ModelTask.SequenceToSequence)
        {
            return pair;
        }
        return pair with
        {
            Clean = pair.Clean with { Target = ModelInput.Of([4, 12, 33, 9]) },
            Corrupted = pair.Corrupted with { Target = ModelInput.Of([4, 12, 20, 9]) },
        };
    }

    private static InsideMetric Metric(int number) => (number % 4) switch
    {
        0 => InsideMetric.LogitDifference(7, 11),
        1 => InsideMetric.LogProbability(7) with { Position = -2 },
        2 => InsideMetric.Probability(11),
        _ => InsideMetric.Logit(3) with { Position = -2 },
    };

    // A whole forward pass per piece: no batch, no cache, no cut.
    private static double[] OneByOne(ITransformer model, PromptPair pair, PatchPlace place, PatchRequest request)
    {
        (ModelInput @base, ModelInput source) = request.Of(pair);
        List<double> all = [];
        for (int layer = 0; layer < 2; layer++)
        {
            string hook = place.HookOf(request.StackOf(model), layer);
            Tensor value = PatchSweep.Capture(model, source, [hook])[hook];
            (int a, int b) = (value.Shape[1], value.Shape[2]);
            for (int i = 0; i < (place.Kind == PlaceKind.Neurons ? b : place.Kind == PlaceKind.Stream ? a : a * b); i++)
            {
                (int? unit, InsidePositions? positions) = place.Kind switch
                {
                    PlaceKind.Stream => ((int?)null, new InsidePositions(Only: [i])),
                    PlaceKind.Pattern => (i / b, new(Only: [i % b])),
                    PlaceKind.Heads => (i % b, new(Only: [i / b])),
                    _ => (i, null),
                };
                using IDisposable swap = Intervention.Swap(hook, value, unit, positions).Open(model);
                Tensor logits = model.Forward(@base);
                int at = logits.Shape.Rank == 2 ? 0 : logits.Shape[1] + pair.Metric.Position;
                all.Add(pair.Metric.OfLogits(logits.Shape.Rank == 2 ? logits : logits.Select(1, at)).Item());
            }
        }
        return [.. all];
    }
}
