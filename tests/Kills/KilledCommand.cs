namespace Vitrine.Tests.Kills;

/// <summary>What must hold of the results of a command right after it was killed.</summary>
internal enum Killed
{
    /// <summary>Nothing: they are replaced while it works.</summary>
    Any,

    /// <summary>They are the beginning of what they become.</summary>
    Begun,

    /// <summary>Those that are there are whole.</summary>
    Whole,
}

/// <summary>A command that is killed.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Killed">What must hold after a kill.</param>
/// <param name="Words">Its words; OUT is the file or folder it makes.</param>
internal sealed record KilledCommand(string Name, Killed Killed, params string[] Words)
{
    private static readonly string[] s_training =
        ["--data", "LABEL_0=good.txt", "--data", "LABEL_1=bad.txt", "--batch", "8", "--epochs", "4", "--save-every", "3", "--threads", "1"];

    /// <summary>All of them.</summary>
    public static IReadOnlyList<KilledCommand> All { get; } =
    [
        new("explain", Killed.Begun, "explain", "--model", "model", "--input", "texts.txt", "--method", "integrated_gradients", "--steps",
            "100", "--output", "OUT"),
        new("evaluate", Killed.Begun, "evaluate", "--model", "model", "--input", "texts.txt", "--method", "saliency,random", "--metric",
            "deletion,tau_loo", "--output", "OUT"),
        new("train", Killed.Any, ["train", "classify", "--vocab", "120", "--d-model", "16", "--layers", "1", "--heads", "2", "--positions",
            "24", "--out", "OUT", .. s_training]),
        new("distill", Killed.Any, ["distill", "--teacher", "model", "--layers", "1", "--out", "OUT", .. s_training]),
        new("quantize", Killed.Whole, "quantize", "--model", "model", "--output", "OUT"),
        new("pull", Killed.Whole, "pull", "org/name"),
    ];
}
