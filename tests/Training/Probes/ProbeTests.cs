using Vitrine.Training;
using Xunit;

namespace Vitrine.Tests.Training;

/// <summary>What the parts of probing promise.</summary>
public class ProbeTests
{
    [Fact]
    public void Lbfgs_Rosenbrock_FindsTheValley()
    {
        int asked = 0;
        double[] x = Lbfgs.Minimise(
            (at, gradient) =>
            {
                asked++;
                double a = 1 - at[0], b = at[1] - (at[0] * at[0]);
                (gradient[0], gradient[1]) = ((-2 * a) - (400 * at[0] * b), 200 * b);
                return (a * a) + (100 * b * b);
            },
            [-1.2, 1], 1e-9, 500, TestContext.Current.CancellationToken);

        Assert.Equal(1, x[0], 1e-6);
        Assert.Equal(1, x[1], 1e-6);
        Assert.InRange(asked, 40, 50); // 45: a search that bisects or stops otherwise takes 54 and more
    }

    [Fact]
    public void Mlp_Gradient_IsThatOfFiniteDifferences()
    {
        var random = new Random(3);
        var x = new Features([.. Enumerable.Range(0, 21).Select(_ => random.NextDouble())], 7, 3);
        int[] y = [0, 1, 2, 0, 1, 2, 1];
        var probe = new MlpProbe(hidden: 4, decay: 0.1);
        double[] weights = [.. Enumerable.Range(0, (4 * 4) + (3 * 5)).Select(_ => random.NextDouble() - 0.5)],
            gradient = new double[weights.Length], unused = new double[weights.Length];

        probe.Loss(weights, gradient, x, y, 3);

        for (int i = 0; i < weights.Length; i++)
        {
            double[] up = [.. weights], down = [.. weights];
            (up[i], down[i]) = (up[i] + 1e-5, down[i] - 1e-5);
            Assert.Equal((probe.Loss(up, unused, x, y, 3) - probe.Loss(down, unused, x, y, 3)) / 2e-5, gradient[i], 1e-8);
        }
    }

    [Fact]
    public void Mlp_ExclusiveOr_IsLearntWhereLinesCannot()
    {
        double[] corners = [0, 0, 0, 1, 1, 0, 1, 1];
        var x = new Features([.. Enumerable.Repeat(corners, 10).SelectMany(c => c)], 40, 2);
        int[] y = [.. Enumerable.Range(0, 40).Select(i => i % 4 is 1 or 2 ? 1 : 0)];

        int[] Of(Probe probe) => Probe.Predict(probe.Learn(x, y, 2, TestContext.Current.CancellationToken), x, 2);

        Assert.Equal(y, Of(new MlpProbe()));
        Assert.NotEqual(y, Of(new LogisticProbe()));
    }

    [Theory]
    [InlineData(0, 10, 0, 0.2775328)]
    [InlineData(8, 10, 0.4901625, 0.9433178)]
    [InlineData(50, 100, 0.4038315, 0.5961685)]
    public void Wilson_Counts_HaveTheIntervalsOfTheFormula(int right, int count, double low, double high)
    {
        Estimate estimate = ProbeStatistics.Wilson(right, count);

        Assert.Equal(low, estimate.Low, 1e-6);
        Assert.Equal(high, estimate.High, 1e-6);
    }

    [Fact]
    public void Places_Stories_AnswerIsTheLastPlaceOfThePersonAsked()
    {
        using var folder = new Support.TempFolder();
        File.WriteAllLines(folder.File("places.jsonl"), StoryPlaces.Make(200, seed: 4));

        IReadOnlyList<ProbeText> texts = ProbeText.Read(folder.File("places.jsonl"));

        Assert.Equal(200, texts.Count);
        Assert.All(texts, text =>
        {
            LabelledSpan answer = Assert.Single(text.Spans, span => span.Label == "answer");
            Assert.Equal(text.Label, text.Text[answer.Start..answer.End]);
            string person = text.Question!.Split(' ')[2], sentence = text.Text[..answer.Start].Split(". ")[^1];
            Assert.StartsWith(person, sentence, StringComparison.Ordinal);
            Assert.DoesNotContain(text.Text[answer.End..].Split(". "), later => later.StartsWith($"{person} ", StringComparison.Ordinal)
                && later.Contains(" to the ", StringComparison.Ordinal));
        });
    }
}
