using System.CommandLine;
using System.Net;
using Vitrine.Serve;

namespace Vitrine.Cli;

/// <summary><c>vitrine serve</c>: the page, and the HTTP service.</summary>
internal static class ServeCommand
{
    /// <summary>The word that is typed.</summary>
    public const string Name = "serve";

    public static Verb Create(Terminal terminal)
    {
        var models = Declare.Values("--model|-m", "name",
            "A model that is served: a folder, the name of a shipped one, org/name of a hub, or NAME=FOLDER. Repeatable; the first "
            + "is the default. Default: all shipped models, sentiment first.");
        var port = Declare.Value<int>("--port", "n", "The port; 0: any that is free.", 8080);
        var listen = Declare.Value<string?>("--listen", "address",
            "The address to listen at, e.g. 0.0.0.0. Default: 127.0.0.1, this machine alone; another needs --token or --no-auth.");
        var token = Declare.Value<string?>("--token", "token",
            "What every request must say: 'Authorization: Bearer TOKEN'. Default: the variable VITRINE_TOKEN, else none.");
        var open = Declare.Flag("--no-auth", "With --listen: every caller may use it, without a token.");
        var hosts = Declare.Values("--host", "name",
            "A name under which the service is reached, in addition to localhost and addresses in digits. Repeatable.");
        var queue = Declare.Value<int>("--queue", "n", "Requests that may wait; one more gets 429.", 256);
        var time = Declare.Value<double>("--time", "s", "Seconds that one request may compute.", 60);
        var memory = Declare.Value<double>("--memory", "GiB",
            "GiB of weights that may be loaded at a time; the longest unused model makes room.", 2);
        var device = new Option<string>(ModelSource.DeviceOption)
        {
            Description = "Where to compute: cpu, opencl:0, cuda:0, or gpu for the best there is.",
            HelpName = "name",
            DefaultValueFactory = _ => "cpu",
        };
        return new Verb(Name, "Opens a page to explore models, and serves explanations over HTTP (docs/SERVE.md).", """
            vitrine serve                                        # http://127.0.0.1:8080, every shipped model
            vitrine serve --model sentiment --model bert=path/to/bert --port 9000
            vitrine serve --listen 0.0.0.0 --host explain.example.org --token "$(openssl rand -hex 16)"
            curl -d '{"text": "a witty film"}' -H 'Content-Type: application/json' http://127.0.0.1:8080/v1/explain
            """)
            .With(models, port, listen, token, open, hosts, queue, time, memory, device)
            .Does((parsed, cancellation) =>
            {
                Run(new ServeChoice(
                    [.. (parsed.GetValue(models) ?? []).Select(given =>
                        Model(given, terminal))], parsed.GetValue(port), Address(parsed.GetValue(listen)),
                    parsed.GetValue(token) ?? Environment.GetEnvironmentVariable("VITRINE_TOKEN"), parsed.GetValue(open),
                    parsed.GetValue(hosts) ?? [], Verb.Positive(parsed.GetValue(queue), "--queue"), parsed.GetValue(time),
                        parsed.GetValue(memory),
                    parsed.GetValue(device)!), terminal, cancellation);
            });
    }

    // A method of its own: the service's assembly, and ASP.NET with it, is loaded when it runs and not before.
    private static void Run(ServeChoice choice, Terminal terminal, CancellationToken cancellation)
    {
        if (!(choice.Seconds is > 0 and <= 86400 && choice.Gibibytes is > 0 and <= 1e6))
        {
            throw new CommandException(ExitCode.Usage, FormattableString.Invariant(
                $"serve: out of range; got --time {choice.Seconds} --memory {choice.Gibibytes}; expected numbers above 0."));
        }
        var options = new ServeOptions
        {
            Models = choice.Models.Count > 0 ? choice.Models : Shipped(terminal),
            Port = choice.Port,
            Listen = choice.Listen,
            Token = choice.Token,
            NoAuth = choice.Open,
            Hosts = choice.Hosts,
            Load = new() { Device = choice.Device },
            Limits = new()
            {
                Queue = choice.Queue,
                Time = TimeSpan.FromSeconds(choice.Seconds),
                Memory = (long)(choice.Gibibytes * (1L << 30)),
            },
        };
        Serve(options, terminal, cancellation).GetAwaiter().GetResult();
    }

    private static async Task Serve(ServeOptions options, Terminal terminal, CancellationToken cancellation)
    {
        await using Server server = await Server.Start(options, line =>
        {
            terminal.Error.WriteLine($"vitrine: {line}");
            terminal.Error.Flush();
        }, cancellation).ConfigureAwait(false);
        terminal.Output.WriteLine($"{server.Address}{(options.Token is null ? "" : "?token=…")}  {options.Models.Count} models, "
            + $"{options.Models[0].Key} first. Ctrl-C ends it.");
        terminal.Output.Flush();
        await server.Ended(cancellation).ConfigureAwait(false);
    }

    private static KeyValuePair<string, string>[] Shipped(Terminal terminal)
    {
        KeyValuePair<string, string>[] all = [.. ModelListing.All(terminal.ProgramDirectory, terminal.WorkingDirectory)
            .Where(model => model.Where == "shipped").OrderBy(model => model.Name != "sentiment")
            .Select(model => KeyValuePair.Create(model.Name, model.Folder))];
        return all.Length > 0 ? all : throw new CommandException(ExitCode.Model,
            $"model: the shipped models are neither next to the program nor above '{terminal.WorkingDirectory}'. Name one with --model.");
    }

    private static KeyValuePair<string, string> Model(string given, Terminal terminal)
    {
        (string? name, string where) = given.Split('=', 2) is [var called, var folder] ? (called, folder) : (null, given);
        string found = HubModel.Folder(where, "main", terminal);
        return KeyValuePair.Create(name ?? (where.Contains('/', StringComparison.Ordinal) && !Directory.Exists(terminal.Resolve(where))
            ? where
            : Path.GetFileName(Path.TrimEndingDirectorySeparator(found))), found);
    }

    private static IPAddress? Address(string? given) => given switch
    {
        null => null,
        "localhost" => IPAddress.Loopback,
        _ => IPAddress.TryParse(given, out IPAddress? address) ? address : throw new CommandException(
            ExitCode.Usage, $"--listen: not an address; got '{given}'; expected one in digits, e.g. 0.0.0.0."),
    };

    // What a command line says, in types that need no service.
    private sealed record ServeChoice(
        IReadOnlyList<KeyValuePair<string, string>> Models, int Port, IPAddress? Listen, string? Token, bool Open,
            IReadOnlyList<string> Hosts,
        int Queue, double Seconds, double Gibibytes, string Device);
}
