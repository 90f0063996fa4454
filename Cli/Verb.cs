using System.CommandLine;
using Vitrine.Tensors;

namespace Vitrine.Cli;

/// <summary>A command with examples, which its help shows.</summary>
/// <param name="name">The word that is typed.</param>
/// <param name="description">What it does, in a sentence.</param>
/// <param name="examples">One command line per line, with a remark after <c>#</c> where it helps.</param>
internal sealed class Verb(string name, string description, string examples) : Command(name, description)
{
    private readonly Dictionary<Option, string> _groups = [];

    /// <summary>The examples.</summary>
    public string Examples { get; } = examples;

    /// <summary>The options that most people need, which help shows first; empty: all of them.</summary>
    public IReadOnlyList<string> Most { get; private set; } = [];

    /// <summary>Names the options that most people need.</summary>
    public Verb Shows(params IReadOnlyList<string> most)
    {
        Most = most;
        return this;
    }

    /// <summary>The title of the group that an option belongs to.</summary>
    public string GroupOf(Option option) => _groups.GetValueOrDefault(option, "Other options");

    /// <summary>Adds arguments and options under a title of their own.</summary>
    public Verb With(string group, params ReadOnlySpan<Symbol> symbols)
    {
        foreach (Symbol symbol in symbols)
        {
            if (symbol is Option option)
            {
                _groups[option] = group;
            }
        }
        return With(symbols);
    }

    /// <summary>A number of at least 1.</summary>
    /// <exception cref="CommandException">It is smaller.</exception>
    public static int Positive(int value, string what) => value >= 1 ? value : throw new CommandException(
        ExitCode.Usage, FormattableString.Invariant($"{what}: out of range; got {value}; expected at least 1."));

    /// <summary>Adds arguments and options.</summary>
    public Verb With(params ReadOnlySpan<Symbol> symbols)
    {
        foreach (Symbol symbol in symbols)
        {
            switch (symbol)
            {
                case Argument argument:
                    Add(argument);
                    break;
                case Option option:
                    Add(option);
                    break;
                default:
                    throw new ArgumentException($"verb: neither argument nor option; got {symbol.Name}.", nameof(symbols));
            }
        }
        return this;
    }

    /// <summary>Says what it does, on the device that the command line names, profiled if the command line says so. Work checks the token
    /// often, and writes nothing after it is cancelled.</summary>
    public Verb Does(Action<ParseResult, CancellationToken> work)
    {
        Option<string>? device = Options.OfType<Option<string>>().FirstOrDefault(option => option.Name == ModelSource.DeviceOption);
        Option<bool>? profile = Options.OfType<Option<bool>>().FirstOrDefault(option => option.Name == ModelSource.ProfileOption);
        SetAction((parsed, cancellation) =>
        {
            using Device.Scope scope = Device.Use(Device.Parse((device is null ? null : parsed.GetValue(device)) ?? Device.Cpu.Name));
            using Profiler? profiler = profile is not null && parsed.GetValue(profile) ? Device.Current.Profile() : null;
            work(parsed, cancellation);
            if (profiler is not null)
            {
                new ProfileReport(profiler.Stop(), new Limits(cancellation).Peaks).WriteTo(parsed.InvocationConfiguration.Error);
            }
            return Task.FromResult((int)ExitCode.Success);
        });
        return this;
    }
}
