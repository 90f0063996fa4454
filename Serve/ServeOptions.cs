using System.Net;

namespace Vitrine.Serve;

/// <summary>What a service serves, where, and to whom.</summary>
public sealed record ServeOptions
{
    /// <summary>The models by the names that requests give, with their folders; the first is the default.</summary>
    public required IReadOnlyList<KeyValuePair<string, string>> Models { get; init; }

    /// <summary>The address it listens at; null: this machine alone (127.0.0.1).</summary>
    public IPAddress? Listen { get; init; }

    /// <summary>The port; 0: any that is free.</summary>
    public int Port { get; init; } = 8080;

    /// <summary>What every request must say (<c>Authorization: Bearer …</c>); null: nothing.</summary>
    public string? Token { get; init; }

    /// <summary>Whether another address than this machine's may be served without a token.</summary>
    public bool NoAuth { get; init; }

    /// <summary>Names under which the service is reached, in addition to localhost and addresses in digits.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>How models are loaded.</summary>
    public LoadOptions Load { get; init; } = new();

    /// <summary>How much a request may ask for.</summary>
    public ServeLimits Limits { get; init; } = new();

    /// <summary>Says what is wrong with the options.</summary>
    /// <exception cref="RequestException">No model, or an open address without a token.</exception>
    public void Check()
    {
        if (Models.Count == 0)
        {
            throw new RequestException(Fault.Request, "serve: no model; got none; expected at least one --model.");
        }
        if (Models.Select(model => model.Key).Distinct().Count() < Models.Count
            || Models.FirstOrDefault(model => !ModelName.IsName(model.Key)).Key is not null)
        {
            throw new RequestException(Fault.Request, "serve: names of models; got "
                + $"{string.Join(", ", Models.Select(model => $"'{model.Key}'"))}; expected each once, of letters, digits, '.', '_' and "
                    + $"'-'. "
                + "Name one with --model NAME=FOLDER.");
        }
        if (Listen is { } address && !IPAddress.IsLoopback(address) && Token is null && !NoAuth)
        {
            throw new RequestException(Fault.Request,
                $"serve: an address that others reach, without a token; got --listen {address}; expected --token, or --no-auth to state "
                    + "that every caller may use it.");
        }
        if (Token is { Length: < 8 })
        {
            throw new RequestException(Fault.Request, $"token: too short; got {Token.Length} characters; expected at least 8.");
        }
        if (Port is < 0 or > 65535)
        {
            throw new RequestException(Fault.Request, $"port: out of range; got {Port}; expected 0 to 65535.");
        }
    }
}
