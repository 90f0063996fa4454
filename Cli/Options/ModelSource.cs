using System.CommandLine;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Cli;

/// <summary>Which model a command runs, and on what.</summary>
internal sealed class ModelSource
{
    /// <summary>The option that takes the name of a device.</summary>
    public const string DeviceOption = "--device";

    /// <summary>The option that asks for a table of kernels.</summary>
    public const string ProfileOption = "--profile";

    private readonly string _shipped;

    /// <summary>The source of a command.</summary>
    /// <param name="shipped">The model in the box that it runs when none is named.</param>
    public ModelSource(string shipped = "models/sentiment")
    {
        _shipped = shipped;
        Model = new("--model", "-m")
        {
            Description = "Folder with config.json and model.safetensors, the name of a shipped model, or org/name of a hub (fetched "
                + "once). "
                + $"Default: the shipped {shipped}.",
            HelpName = "folder",
        };
    }

    /// <summary>The model's folder.</summary>
    public Option<string?> Model { get; }

    /// <summary>Which state of a model of a hub.</summary>
    public Option<string> Revision { get; } = Declare.Value<string>("--revision", "name",
        "With --model org/name: a branch, a tag or a commit. Default: main.", "main");

    /// <summary>The device.</summary>
    public Option<string> Device { get; } = Declare.Value<string>(DeviceOption, "name",
        "Where to compute: cpu, opencl:0, cuda:0, ilgpu:0 (kernels in C#), or gpu for the best there is; 'vitrine devices' lists "
        + "them.", "cpu");

    /// <summary>Threads of the CPU.</summary>
    public Option<int?> Threads { get; } = Declare.Value<int?>("--threads", "n", "CPU threads. Default: one per core.");

    /// <summary>Whether the CPU's vectors are fixed at 256 bits.</summary>
    public Option<bool> Deterministic { get; } = Declare.Flag("--deterministic",
        "Compute with 256-bit vectors whatever the processor has: the same bits on every x64 machine with AVX2, slower where it has wider "
        + "ones.");

    /// <summary>Which weights to hold in fewer bits.</summary>
    public Option<string> Quantize { get; } = Declare.Value<string>("--quantize", "choice",
        "Hold weights in fewer bits: int8 (the layers of all blocks), int8-all (embeddings and heads too), fp16 (all matrices in half "
        + "precision).", Quantization.None.Name());

    /// <summary>Which columns to leave in floats then.</summary>
    public Option<double?> Outliers { get; } = Declare.Value<double?>("--outliers", "threshold",
        "With --quantize int8 or int8-all: keep those columns (inputs) of linear layers in float32 whose largest weight exceeds this many "
        + "root mean squares of the matrix, such as 4. Default: none.");

    /// <summary>A LoRA adapter for the model.</summary>
    public Option<string?> Adapter { get; } = Declare.Value<string?>("--adapter", "folder",
        "Folder of a LoRA adapter, ours or PEFT's, that is merged into the model while loading.");

    /// <summary>Whether to count and time what the device does.</summary>
    public Option<bool> Profile { get; } = Declare.Flag(ProfileOption,
        "When done, list on standard error which kernels ran how often and how fast, and what was copied to and from the device.");

    /// <summary>The options that loading understands.</summary>
    public ReadOnlySpan<Symbol> Options => new Symbol[] { Model, Revision, Adapter, Quantize, Outliers, Device, Threads, Deterministic,
        Profile };

    /// <summary>The folder a command line means.</summary>
    /// <exception cref="RequestException">It names none that exists.</exception>
    public string Folder(ParseResult parsed, Terminal terminal) => parsed.GetValue(Model) is { } given
        ? HubModel.Folder(given, parsed.GetValue(Revision) ?? "main", terminal)
        : ModelFolder.OfShipped(_shipped, terminal.ProgramDirectory, terminal.WorkingDirectory) ?? throw new CommandException(
            ExitCode.Model, $"model: the shipped {_shipped} is neither next to the program nor above '{terminal.WorkingDirectory}'. "
                + $"Name a model's folder with --model.");

    /// <summary>Loads the model, and says what should be known about how it was read.</summary>
    /// <exception cref="CommandException">An option is not understood.</exception>
    /// <exception cref="RequestException">There is no such model, it is damaged, or it is not supported.</exception>
    public Explainer Load(ParseResult parsed, Terminal terminal)
    {
        SetThreads(parsed);
        (Quantization quantization, float outliers) = Choice(parsed, Quantize);
        Explainer explainer = Explainer.Load(Folder(parsed, terminal), new()
        {
            Device = parsed.GetValue(Device),
            Adapter = parsed.GetValue(Adapter) is { } adapter ? terminal.Resolve(adapter) : null,
            Quantization = quantization,
            Outliers = outliers,
            Deterministic = parsed.GetValue(Deterministic),
        });
        Tell(explainer.Notices, terminal);
        return explainer;
    }

    /// <summary>Says on standard error what should be known about a model, or about how a text was read.</summary>
    public static void Tell(IEnumerable<string> notices, Terminal terminal)
    {
        foreach (string notice in notices)
        {
            terminal.Error.WriteLine($"vitrine: {Viz.Markup.Visible(notice)}");
        }
    }

    /// <summary>What to round, and the threshold of outliers.</summary>
    /// <exception cref="CommandException">There is no such choice, or the threshold does not go with it.</exception>
    public (Quantization Quantization, float Outliers) Choice(ParseResult parsed, Option<string> quantize)
    {
        try
        {
            (Quantization quantization, float outliers) =
                (Quantizations.Parse(parsed.GetValue(quantize) ?? ""), (float)(parsed.GetValue(Outliers) ?? double.PositiveInfinity));
            quantization.CheckOutliers(outliers);
            return (quantization, outliers);
        }
        catch (ModelException e)
        {
            throw new CommandException(ExitCode.Usage, e.Message, e);
        }
    }

    /// <summary>Sets the number of threads a command line asks for.</summary>
    /// <exception cref="CommandException">It is not a sensible number.</exception>
    public void SetThreads(ParseResult parsed)
    {
        if (parsed.GetValue(Threads) is not { } threads)
        {
            return;
        }
        if (threads is < 1 or > 1024)
        {
            throw new CommandException(ExitCode.Usage, $"threads: out of range; got {threads}; expected 1 to 1024.");
        }
        Workers.SetCount(threads);
    }
}
