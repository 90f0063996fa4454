using Vitrine.Tensors;

namespace Vitrine.Tests.Fuzz;

/// <summary>A reader, and good files of its kind.</summary>
/// <param name="Name">What is read.</param>
/// <param name="Seeds">Good files.</param>
/// <param name="Read">Reads a file; what it throws is judged.</param>
/// <param name="Kind">How files are broken.</param>
internal sealed record FuzzTarget(string Name, IReadOnlyList<byte[]> Seeds, Action<byte[]> Read, FuzzKind Kind)
{
    /// <summary>Memory that any reading may take, beyond ten times the file.</summary>
    private const long Floor = 256L << 20;

    private const string Slow = "it took ";

    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(5);

    /// <summary>The file that a number stands for.</summary>
    public byte[] File(int number)
    {
        byte[] seed = Seeds[number % Seeds.Count];
        var mutator = new Mutator(number);
        return Kind == FuzzKind.Safetensors && number % 4 != 0 ? mutator.BreakHeader(seed)
            : mutator.Break(seed, isJson: Kind == FuzzKind.Json);
    }

    /// <summary>What is wrong with the reading of a file; null where it was read, or refused as the product refuses.</summary>
    public string? Judge(byte[] file)
    {
        string? fault = Judged(file);
        return fault?.StartsWith(Slow, StringComparison.Ordinal) is true ? Judged(file) : fault; // a busy machine is slow once
    }

    private string? Judged(byte[] file)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        var watch = System.Diagnostics.Stopwatch.StartNew();
        string? fault = null;
        try
        {
            Read(file);
        }
        catch (VitrineException e) when (e.Message.Length > 0 && !e.Message.Contains('\n', StringComparison.Ordinal))
        {
        }
        catch (Exception e)
        {
            string? place = e.StackTrace?.Split('\n').FirstOrDefault(line => line.Contains("Vitrine", StringComparison.Ordinal))?.Trim();
            fault = $"{e.GetType().Name}: {e.Message} at {place}";
        }
        long took = GC.GetAllocatedBytesForCurrentThread() - before;
        return fault ?? (watch.Elapsed > s_limit ? $"{Slow}{watch.Elapsed.TotalSeconds:F1} s"
            : took > Floor + (10L * file.Length) ? $"it used {took >> 20} MiB" : null);
    }
}

/// <summary>How files are broken.</summary>
internal enum FuzzKind
{
    /// <summary>As bytes.</summary>
    Bytes,

    /// <summary>As bytes, and by the structure of JSON.</summary>
    Json,

    /// <summary>Mostly the header.</summary>
    Safetensors,
}
