using Vitrine.Tensors;
using Vitrine.Viz;

namespace Vitrine.Cli;

/// <summary>What an exception means on the command line: an exit code and one line.</summary>
/// <param name="Code">How the process ends.</param>
/// <param name="Line">What, where, and what to do; without line breaks.</param>
internal readonly record struct Failure(ExitCode Code, string Line)
{
    /// <summary>Tells an exception; never one without an answer.</summary>
    public static Failure Of(Exception exception) => exception switch
    {
        AggregateException { InnerExceptions: [var only] } => Of(only),
        CommandException command => new(command.Code, OneLine(command.Message)),
        RequestException request => new(Of(request.Fault), OneLine(request.Message)),
        OperationCanceledException => new(ExitCode.Cancelled, "cancelled."),
        DeviceException device => new(ExitCode.Device, OneLine(device.Message)),
        OutOfMemoryException => new(ExitCode.Device, "out of memory. Use a smaller model, a shorter text, or fewer steps."),
        ShapeException shape => new(ExitCode.Input, OneLine(shape.Message)),
        VitrineException ours => new(ExitCode.Usage, OneLine(ours.Message)),
        IOException or UnauthorizedAccessException => new(ExitCode.Output, OneLine(exception.Message)),
        _ when Environment.GetEnvironmentVariable("VITRINE_TRACE") is { Length: > 0 } => new(ExitCode.Failure, exception.ToString()),
        _ => new(ExitCode.Failure,
            $"internal error: {OneLine(exception.Message)} ({exception.GetType().Name}). Set VITRINE_TRACE=1 to see where, and report it."),
    };

    private static ExitCode Of(Fault fault) => fault switch
    {
        Fault.Text => ExitCode.Input,
        Fault.Model => ExitCode.Model,
        Fault.Output => ExitCode.Output,
        _ => ExitCode.Usage,
    };

    private static string OneLine(string message) => Markup.Visible(string.Join(' ', message.Split(
        ['\r', '\n', '\u2028', '\u2029'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)));
}
