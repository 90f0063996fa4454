using Vitrine.Tensors;

namespace Vitrine.Cli;

/// <summary>A request that cannot be met, told in one line that says what, where and what to do.</summary>
internal sealed class CommandException : VitrineException
{
    public CommandException(ExitCode code, string message) : base(message) => Code = code;

    public CommandException(ExitCode code, string message, Exception inner) : base(message, inner) => Code = code;

    public ExitCode Code { get; }
}
