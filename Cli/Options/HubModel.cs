using System.Globalization;

namespace Vitrine.Cli;

/// <summary>A model of a hub on this machine, with progress while it is fetched.</summary>
internal static class HubModel
{
    /// <summary>The folder of a model, fetched first where it is a hub's and not here yet.</summary>
    /// <exception cref="RequestException">There is none, or it cannot be fetched.</exception>
    public static string Folder(string given, string revision, Terminal terminal)
    {
        using var progress = ProgressLine.Start(given, terminal);
        return ModelFolder.Get(given, terminal.WorkingDirectory, revision, new Bytes(progress));
    }

    /// <summary>Fetches a model, whatever of it is here.</summary>
    /// <exception cref="RequestException">It cannot be fetched.</exception>
    public static string Fetch(string name, string revision, Terminal terminal, CancellationToken cancellation)
    {
        using var progress = ProgressLine.Start(name, terminal);
        return new ModelHub().Pull(name, revision, new Bytes(progress), cancellation).GetAwaiter().GetResult();
    }

    private sealed class Bytes(ProgressLine line) : IProgress<HubProgress>
    {
        public void Report(HubProgress value) => line.Report(new WorkProgress(
            string.Create(CultureInfo.InvariantCulture, $"{value.File} {value.Done / 1e6:0.0} of {value.Total / 1e6:0.0} MB"),
            (int)(value.Done >> 10), Math.Max(1, (int)(value.Total >> 10))));
    }
}
