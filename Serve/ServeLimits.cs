namespace Vitrine.Serve;

/// <summary>How much one request may ask for. What is beyond is refused with a 4xx that names the limit.</summary>
public sealed record ServeLimits
{
    /// <summary>Bytes of a request's body.</summary>
    public int Body { get; init; } = 1 << 20;

    /// <summary>Characters of all texts of a request together.</summary>
    public int Text { get; init; } = 20_000;

    /// <summary>Points of a path integral.</summary>
    public int Steps { get; init; } = 1000;

    /// <summary>Random samples of a method.</summary>
    public int Samples { get; init; } = 10_000;

    /// <summary>Runs that are averaged.</summary>
    public int Trials { get; init; } = 20;

    /// <summary>Methods of one explanation.</summary>
    public int Methods { get; init; } = 8;

    /// <summary>Tokens that are written.</summary>
    public int NewTokens { get; init; } = 512;

    /// <summary>Beams of a search.</summary>
    public int Beams { get; init; } = 16;

    /// <summary>Answers, words or tokens that are listed.</summary>
    public int Top { get; init; } = 1000;

    /// <summary>Rows of a data file that is dropped on the page.</summary>
    public int Rows { get; init; } = 200;

    /// <summary>How long a caller may send its request at less than 240 bytes per second; above 1 s.</summary>
    public TimeSpan Slow { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long one request may compute.</summary>
    public TimeSpan Time { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Requests that wait for their turn; one more gets 429.</summary>
    public int Queue { get; init; } = 256;

    /// <summary>Requests that compute at a time; 0: one per processor.</summary>
    public int Parallel { get; init; }

    /// <summary>Bytes of the weights of all models that are loaded at a time.</summary>
    public long Memory { get; init; } = 2L << 30;
}
