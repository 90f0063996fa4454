using Vitrine.Attributions;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests;

/// <summary>Passages that fire neurons: a run that was stopped goes on where it was, and says what an undisturbed one says.</summary>
public sealed class PassageRecordTests
{
    private static readonly Explainer s_explainer = Explainer.Load(Path.Combine(GoldenFolder.SourceTree(), "models", "induction"));

    [Fact]
    public void Passages_StoppedAndRunAgain_AreThoseOfOneRun()
    {
        using var folder = new TempFolder();
        string data = Data(folder), record = folder.File("record.json");
        string whole = Run(data, null, default).ToJson();

        for (int stop = 1; stop < 40; stop += 7)
        {
            using var source = new CancellationTokenSource();
            int rows = 0;
            Assert.ThrowsAny<OperationCanceledException>(() => Run(data, record, source.Token, new Told<double>(_ =>
            {
                if (++rows == 7)
                {
                    source.Cancel();
                }
            })));
            Assert.Equal(7, rows);
        }

        Assert.Equal(whole, Run(data, record, default).ToJson());
        Assert.Equal(whole, Run(data, record, default).ToJson());
        Assert.Equal(60, Run(data, record, default).Numbers["texts"]);
    }

    [Fact]
    public void Record_OfAnotherJob_IsRefused()
    {
        using var folder = new TempFolder();
        string data = Data(folder), record = folder.File("record.json");
        _ = Run(data, record, default);
        File.AppendAllText(data, "more\n");

        RequestException e = Assert.Throws<RequestException>(() => Run(data, record, default));
        File.WriteAllText(record, "{}");
        RequestException damaged = Assert.Throws<RequestException>(() => Run(data, record, default));

        Assert.Contains("belongs to another job", e.Message, StringComparison.Ordinal);
        Assert.Contains("has no 'job'", damaged.Message, StringComparison.Ordinal);
    }

    private static InsideResult Run(string data, string? record, CancellationToken cancellation, IProgress<double>? progress = null)
    {
        using DataFile file = DataFile.Open(data);
        return s_explainer.Inside.Passages(file, layer: 1, neuron: null, top: 3, record, progress, cancellation);
    }

    private static string Data(TempFolder folder)
    {
        string path = folder.File("texts.txt");
        var random = new Random(5);
        File.WriteAllLines(path, Enumerable.Range(0, 60)
            .Select(_ => string.Concat(Enumerable.Range(0, 3 + random.Next(30)).Select(_ => (char)('a' + random.Next(26))))));
        return path;
    }
}
