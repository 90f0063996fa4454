using System.Diagnostics;
using System.Globalization;
using Vitrine.Tests.Hub;
using Vitrine.Tests.Support;
using Vitrine.Training;
using Xunit;

namespace Vitrine.Tests.Kills;

/// <summary>
/// A command that is killed at random moments and started again comes to the bytes of a run that nothing disturbed, and leaves nothing
/// else. Four kills each; <c>VITRINE_KILLS=200</c> says how many.
/// </summary>
public sealed class KillTests : IDisposable
{
    private static readonly int s_kills =
        int.Parse(Environment.GetEnvironmentVariable("VITRINE_KILLS") ?? "4", CultureInfo.InvariantCulture);

    private readonly TempFolder _folder = new();
    private readonly TinyModel _model = new();
    private readonly HubServer _hub = new() { Rate = 2_000_000 };
    private readonly ITestOutputHelper _output;

    public KillTests(ITestOutputHelper output)
    {
        _output = output;
        Directory.CreateSymbolicLink(_folder.File("model"), _model.Path);
        File.WriteAllLines(_folder.File("texts.txt"),
            Enumerable.Range(0, 80).Select(i => $"good {(i % 2 == 0 ? "movie" : "a bad movie")} {i}"));
        File.WriteAllLines(_folder.File("good.txt"), Enumerable.Range(0, 40).Select(i => $"a lovely film number {i}"));
        File.WriteAllLines(_folder.File("bad.txt"), Enumerable.Range(0, 40).Select(i => $"a dull film number {i}"));
        foreach (string file in Directory.GetFiles(_model.Path))
        {
            _hub.Files[Path.GetFileName(file)] = File.ReadAllBytes(file);
        }
        byte[] large = new byte[400_000];
        new Random(1).NextBytes(large);
        _hub.Files["source.spm"] = large;
    }

    public static TheoryData<string> Names => [.. KilledCommand.All.Select(command => command.Name)];

    public void Dispose()
    {
        _hub.Dispose();
        _model.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Command_KilledAgainAndAgain_ComesToTheSameBytes(string name)
    {
        KilledCommand command = KilledCommand.All.Single(c => c.Name == name);
        var watch = Stopwatch.StartNew();
        Finish(command, "whole");
        TimeSpan once = watch.Elapsed;
        Dictionary<string, string> whole = Results("whole");
        Assert.NotEmpty(whole);
        var random = new Random(7);
        int kills = 0, ended = 0;
        while (kills < s_kills && ended < 2 * s_kills)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            using Child child = Start(command, "killed");
            if (child.EndsWithin(once * (0.2 + random.NextDouble())))
            {
                ended++;
                child.Wait().IsDone();
                Assert.Equal(whole, Results("killed"));
                Clear("killed");
                continue;
            }
            child.Kill();
            kills++;
            Dictionary<string, string> now = Results("killed");
            Check(command.Killed, whole, now);
            if (now.Count == whole.Count && now.All(pair => whole.TryGetValue(pair.Key, out string? bytes) && bytes == pair.Value))
            {
                Clear("killed"); // it was done already, and a command may refuse to write where something is
            }
        }
        Finish(command, "killed");

        Assert.Equal(whole, Results("killed"));
        Assert.Equal(Losses("whole"), Losses("killed"));
        _output.WriteLine($"{name}: {kills} kills, {ended} runs that ended before");
    }

    private static void Check(Killed rule, Dictionary<string, string> whole, Dictionary<string, string> now)
    {
        foreach ((string file, string bytes) in now.Where(pair => whole.ContainsKey(pair.Key)))
        {
            Assert.True(rule switch
            {
                Killed.Begun => whole[file].StartsWith(bytes, StringComparison.Ordinal),
                Killed.Whole => whole[file] == bytes,
                _ => true,
            }, $"{file} is damaged");
        }
    }

    private void Finish(KilledCommand command, string to)
    {
        using Child child = Start(command, to);
        child.Wait().IsDone();
    }

    private Child Start(KilledCommand command, string to) => Child.Vitrine(command.Words.Select(word => word == "OUT" ? to : word),
        _folder.Path, ("HF_ENDPOINT", _hub.Address.ToString()), ("HF_HUB_CACHE", _folder.File(to)), ("HF_TOKEN", ""));

    // By name: hexadecimal bytes. What a training says of itself (its log, its curve) has times in it.
    private Dictionary<string, string> Results(string to)
    {
        string path = _folder.File(to);
        string[] files = File.Exists(path) ? [path]
            : Directory.Exists(path) ? Directory.GetFiles(path, "*", SearchOption.AllDirectories) : [];
        return files.Where(file => !file.Contains("/training/", StringComparison.Ordinal)
            && !file.Contains("/.locks/", StringComparison.Ordinal))
            .ToDictionary(file => Path.GetRelativePath(path, file), file => Convert.ToHexString(File.ReadAllBytes(file)));
    }

    private (int Step, double Loss)[] Losses(string to) => _folder.File($"{to}/training/log.jsonl") is var log && File.Exists(log)
        ? [.. TrainingLog.Read(log).Training, .. TrainingLog.Read(log).Evaluations] : [];

    private void Clear(string to)
    {
        if (Directory.Exists(_folder.File(to)))
        {
            Directory.Delete(_folder.File(to), recursive: true);
        }
        else
        {
            File.Delete(_folder.File(to));
        }
    }
}
