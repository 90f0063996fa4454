namespace Vitrine;

/// <summary>Where repositories come from and where they are kept, by the environment variables that <c>huggingface_hub</c> reads
/// too.</summary>
public sealed record HubSettings
{
    /// <summary>The server: <c>HF_ENDPOINT</c>, else <c>https://huggingface.co</c>.</summary>
    public Uri Endpoint { get; init; } = new("https://huggingface.co");

    /// <summary>The access token: <c>HF_TOKEN</c>, else the file <c>HF_TOKEN_PATH</c> or <c>HF_HOME/token</c>; null: none. Sent to
    /// <see cref="Endpoint"/> alone.</summary>
    public string? Token { get; init; }

    /// <summary>The cache: <c>HF_HUB_CACHE</c>, else <c>HF_HOME/hub</c>, else <c>~/.cache/huggingface/hub</c>.</summary>
    public required string Cache { get; init; }

    /// <summary>Whether the network is left alone: <c>HF_HUB_OFFLINE</c>.</summary>
    public bool IsOffline { get; init; }

    /// <summary>How many files are fetched at once.</summary>
    public int Parallel { get; init; } = 4;

    /// <summary>How often a request is tried before it fails.</summary>
    public int Attempts { get; init; } = 5;

    /// <summary>The pause before the second attempt; it doubles with each, unless the server names one.</summary>
    public TimeSpan Pause { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>After how long without a byte a connection counts as broken.</summary>
    public TimeSpan Silence { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The settings that the environment states.</summary>
    /// <exception cref="RequestException"><c>HF_ENDPOINT</c> is no address.</exception>
    public static HubSettings FromEnvironment()
    {
        string user = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        string home = Variable("HF_HOME") ?? Path.Combine(Variable("XDG_CACHE_HOME") ?? Path.Combine(user, ".cache"), "huggingface");
        string endpoint = Variable("HF_ENDPOINT") ?? "https://huggingface.co";
        return new()
        {
            Endpoint = Uri.TryCreate(endpoint, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https" ? uri
                : throw new RequestException(Fault.Model,
                    $"hub: HF_ENDPOINT is no address; got '{endpoint}'; expected http:// or https:// and a host."),
            Token = Variable("HF_TOKEN") ?? (IsSet("HF_HUB_DISABLE_IMPLICIT_TOKEN") ? null
                : Stored(Variable("HF_TOKEN_PATH") ?? Path.Combine(home, "token"))),
            Cache = Path.GetFullPath(Expanded(Variable("HF_HUB_CACHE") ?? Variable("HUGGINGFACE_HUB_CACHE") ?? Path.Combine(home, "hub"),
                user)),
            IsOffline = IsSet("HF_HUB_OFFLINE") || IsSet("TRANSFORMERS_OFFLINE"),
        };
    }

    private static string? Variable(string name) =>
        Environment.GetEnvironmentVariable(name)?.Trim() is { Length: > 0 } value ? value : null;

    private static bool IsSet(string name) => Variable(name)?.ToUpperInvariant() is "1" or "ON" or "YES" or "TRUE";

    private static string? Stored(string file) =>
        File.Exists(file) && File.ReadAllText(file).Trim() is { Length: > 0 } token ? token : null;

    private static string Expanded(string path, string user) =>
        path == "~" || path.StartsWith("~/", StringComparison.Ordinal) ? user + path[1..] : path;

    /// <summary>Server and cache; never the token.</summary>
    public override string ToString() =>
        $"{Endpoint}, cache {Cache}{(IsOffline ? ", offline" : "")}{(Token is null ? "" : ", with a token")}";
}
