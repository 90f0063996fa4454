using System.Runtime.InteropServices;

namespace Vitrine.Cli;

/// <summary>Standard input, output and error of the process, also where they are closed, full, or no longer read.</summary>
internal static partial class StandardStreams
{
    private const int GetFlags = 1, CloseOnExec = 1; // F_GETFD, FD_CLOEXEC
    private const short Error = 8; // POLLERR: the reader of a pipe is gone

    /// <summary>Standard input; empty where it is closed.</summary>
    public static Stream OpenInput() => IsOpen(0) ? Console.OpenStandardInput() : Stream.Null;

    /// <summary>Standard output; what cannot be written is a <see cref="CommandException"/>.</summary>
    public static Stream OpenOutput() => new Output(IsOpen(1) ? Console.OpenStandardOutput() : null);

    /// <summary>Standard error; what cannot be written is lost, for there is no place left to say so.</summary>
    public static Stream OpenError() => IsOpen(2) ? new Errors(Console.OpenStandardError()) : Stream.Null;

    // A closed one is given to the first file that the runtime opens for itself; those, unlike inherited ones, end at an exec.
    private static bool IsOpen(int number) => OperatingSystem.IsWindows() || Flags(number, GetFlags) is >= 0 and int flags
        && (flags & CloseOnExec) == 0;

    private static bool IsUnread(int number)
    {
        var asked = new Poll { Number = number };
        return !OperatingSystem.IsWindows() && Ask(ref asked, 1, 0) > 0 && (asked.Found & Error) != 0;
    }

    [LibraryImport("libc", EntryPoint = "fcntl")]
    private static partial int Flags(int number, int command);

    [LibraryImport("libc", EntryPoint = "poll")]
    private static partial int Ask(ref Poll asked, nuint count, int milliseconds);

    [StructLayout(LayoutKind.Sequential)]
    private struct Poll
    {
        public int Number;
        public short Asked;
        public short Found;
    }

    private sealed class Output(Stream? stream) : WriteOnlyStream
    {
        public override void Write(ReadOnlySpan<byte> buffer)
        {
            if (stream is null)
            {
                throw Refusal("it is closed");
            }
            if (IsUnread(1)) // .NET would go on without a word
            {
                throw Refusal("its reader has closed it");
            }
            try
            {
                stream.Write(buffer);
            }
            catch (IOException e)
            {
                throw Refusal(e.Message.TrimEnd('.'), e);
            }
            catch (UnauthorizedAccessException)
            {
                throw Refusal("it is not open for writing");
            }
        }

        private static CommandException Refusal(string why, IOException? e = null) =>
            new(ExitCode.Output, $"output: cannot write to standard output; {why}.", e ?? new IOException(why));
    }

    private sealed class Errors(Stream stream) : WriteOnlyStream
    {
        public override void Write(ReadOnlySpan<byte> buffer)
        {
            try
            {
                stream.Write(buffer);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return;
            }
        }
    }
}
