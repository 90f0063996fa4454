using System.Text;
using Vitrine.Attributions;
using Vitrine.Tests.Backends;
using Vitrine.Tests.Support;
using Xunit;

namespace Vitrine.Tests;

/// <summary>Work on many rows keeps no more memory than work on few. Alone, for what other tests keep would count too.</summary>
[Collection(nameof(WorkerCount))]
public sealed class FlatMemoryTests : IDisposable
{
    private readonly TinyModel _model = new();
    private readonly TempFolder _folder = new();

    public void Dispose()
    {
        _model.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Explain_AThousandRows_KeepsNothingOfThem()
    {
        Rows("few.txt", 50);
        Rows("many.txt", 1000);
        Explain("few.txt", "warm.jsonl");

        long few = Kept(() => Explain("few.txt", "few.jsonl")), many = Kept(() => Explain("many.txt", "many.jsonl"));

        Assert.InRange(many - few, long.MinValue, 1 << 20);
    }

    [Fact]
    public void Report_OnManyRows_KeepsTheFirstAndSums()
    {
        Rows("in.txt", 2);
        Explain("in.txt", "a.jsonl");
        string[] lines = File.ReadAllLines(_folder.File("a.jsonl"));
        using (var file = new StreamWriter(_folder.File("big.jsonl"), false, new UTF8Encoding(false)))
        {
            for (int row = 0; row < 8000; row++)
            {
                file.WriteLine(lines[1 + (row % 2)]);
            }
        }
        Tally? tally = null;

        long kept = Kept(() => tally = Tally.Of(SavedResults.Analyses([_folder.File("big.jsonl")])));

        Assert.Equal(8000, tally!.Texts);
        Assert.InRange(kept, long.MinValue, 4 << 20);
        Assert.True(new FileInfo(_folder.File("big.jsonl")).Length > 4 * (4 << 20));
    }

    private static long Kept(Action work)
    {
        long before = GC.GetTotalMemory(forceFullCollection: true);
        work();
        return GC.GetTotalMemory(forceFullCollection: true) - before;
    }

    private void Rows(string name, int count) =>
        File.WriteAllLines(_folder.File(name), Enumerable.Range(0, count).Select(i => i % 2 == 0 ? "good movie" : "a bad movie wrote it"));

    private void Explain(string from, string to) => CliRun.Of(
        ["explain", "--model", _model.Path, "--input", from, "--output", to, "--method", "saliency,input_x_gradient"], folder: _folder.Path)
            .IsDone();
}
