namespace Vitrine.Cli;

/// <summary>What the command tells its caller: one number per kind of outcome. <c>vitrine --help</c> lists them.</summary>
public enum ExitCode
{
    /// <summary>Everything asked for was done.</summary>
    Success = 0,

    /// <summary>Something that should not happen: a defect of the program.</summary>
    Failure = 1,

    /// <summary>The command line is not understood: an unknown command, option, method, target, label or hook, or a value out of
    /// range.</summary>
    Usage = 2,

    /// <summary>The text cannot be used: missing, empty, not UTF-8, too long, or ids the model does not have.</summary>
    Input = 3,

    /// <summary>The model cannot be used: no such folder, not a model, unsupported, damaged, or with numbers that are not finite.</summary>
    Model = 4,

    /// <summary>A result could not be written.</summary>
    Output = 5,

    /// <summary>The device is absent, out of memory, or computes wrongly.</summary>
    Device = 6,

    /// <summary>Interrupted with Ctrl-C, as shells number it (128 + SIGINT).</summary>
    Cancelled = 130,
}
