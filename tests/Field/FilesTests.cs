using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Field;

/// <summary>Files that are replaced, owned and hashed: whatever was killed before, and whichever process comes next.</summary>
public sealed class FilesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private static CancellationToken Now => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Hash_OfALargeFile_IsRememberedUntilTheFileChanges()
    {
        string memory = _folder.File("memory"), file = _folder.Write("weights", new byte[100]);
        File.SetLastWriteTimeUtc(file, new(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        var hash = new FileHash(memory, large: 10);
        string first = hash.Of(file, Now);
        string note = Assert.Single(Directory.EnumerateFiles(memory));

        File.WriteAllText(note, File.ReadAllText(note).Replace(first, "remembered", StringComparison.Ordinal));
        Assert.Equal("remembered", hash.Of(file, Now));

        byte[] other = new byte[100];
        other[50] = 1;
        File.WriteAllBytes(file, other);
        File.SetLastWriteTimeUtc(file, new(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        string second = hash.Of(file, Now);
        Assert.NotEqual("remembered", second);
        Assert.NotEqual(first, second);
        Assert.Equal(second, new FileHash(memory, large: 1000).Of(file, Now)); // without the memory
    }

    [Fact]
    public void Hash_OfAFileThatWasJustWritten_IsNotRemembered()
    {
        string file = _folder.Write("weights", new byte[100]);

        new FileHash(_folder.File("memory"), large: 10).Of(file, Now);

        Assert.False(Directory.Exists(_folder.File("memory")));
    }

    [Fact]
    public void Hash_WithoutAPlaceForItsMemory_IsReadAgain()
    {
        string file = _folder.Write("weights", new byte[100]);
        File.SetLastWriteTimeUtc(file, new(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        string noFolder = _folder.Write("memory", [1]);

        Assert.Equal(new FileHash(noFolder, large: 1000).Of(file, Now), new FileHash(noFolder, large: 10).Of(file, Now));
    }

    [Fact]
    public void Lock_OfAPath_IsHeldOnceAndLeavesNothing()
    {
        string path = _folder.File("out.jsonl");
        using (WriterLock.Take(path))
        {
            Assert.Contains("another process writes 'out.jsonl'", Assert.Throws<IOException>(() => WriterLock.Take(path)).Message,
                StringComparison.Ordinal);
            using WriterLock other = WriterLock.Take(_folder.File("other.jsonl"));
        }
        using (WriterLock.Take(path))
        {
        }
        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Lock_OfAProcessThatWasKilled_IsFree()
    {
        _folder.Write(".out.jsonl.lock", []); // the file stays, its lock does not

        WriterLock.Take(_folder.File("out.jsonl")).Dispose();

        Assert.Empty(Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Lock_TakenAndGivenBackByManyThreads_IsNeverHeldTwice()
    {
        string path = _folder.File("shared");
        int holders = 0, most = 0, taken = 0;
        Parallel.For(0, 400, new() { MaxDegreeOfParallelism = 8 }, _ =>
        {
            try
            {
                using WriterLock held = WriterLock.Take(path);
                int now = Interlocked.Increment(ref holders);
                Interlocked.Increment(ref taken);
                most = Math.Max(most, now);
                Interlocked.Decrement(ref holders);
            }
            catch (IOException)
            {
                return; // refused, as it should be
            }
        });

        Assert.Equal(1, most);
        Assert.True(taken > 0);
    }

    [Fact]
    public void Write_OverWhatAKilledProcessLeft_ReplacesBoth()
    {
        string path = _folder.File("out.json");
        _folder.Write(".out.json.part", "a longer text that was never finished"u8);

        AtomicFile.Write(path, stream => stream.Write("new"u8));

        Assert.Equal("new", File.ReadAllText(path));
        Assert.Equal([path], Directory.EnumerateFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Write_WhileAnotherWritesTheSame_IsRefusedAndDisturbsNothing()
    {
        string path = _folder.File("out.json");
        AtomicFile.Write(path, stream =>
        {
            stream.Write("first"u8);
            Assert.Contains("another process writes", Assert.Throws<IOException>(() =>
                AtomicFile.Write(path, other => other.Write("second"u8))).Message, StringComparison.Ordinal);
            AtomicFile.Clear(_folder.Path); // a clean-up takes only what no process writes
        });

        Assert.Equal("first", File.ReadAllText(path));
    }

    [Fact]
    public void Write_ThroughALink_KeepsTheLink()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "links need a privilege on Windows");
        string real = _folder.Write("real.json", "old"u8), link = _folder.File("link.json");
        File.CreateSymbolicLink(link, real);

        AtomicFile.Write(link, stream => stream.Write("new"u8));

        Assert.NotNull(new FileInfo(link).LinkTarget);
        Assert.Equal("new", File.ReadAllText(real));
    }

    [Fact]
    public void Clear_LeavesOfKilledProcesses_AreGoneAndOthersStay()
    {
        _folder.Write(".model.safetensors.part", [1]);
        string other = _folder.Write("model.safetensors.part", [2]);

        AtomicFile.Clear(_folder.Path);

        Assert.Equal([other], Directory.EnumerateFileSystemEntries(_folder.Path));
    }
}
