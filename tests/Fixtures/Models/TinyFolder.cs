namespace Vitrine.Tests.Models.Tokenizers;

/// <summary>A throw-away folder with the given files, for tests of loading.</summary>
internal sealed class TinyFolder : IDisposable
{
    public TinyFolder(params (string Name, string Content)[] files)
    {
        Path = Directory.CreateTempSubdirectory("vitrine-tokenizer-").FullName;
        foreach ((string name, string content) in files)
        {
            File.WriteAllText(System.IO.Path.Combine(Path, name), content);
        }
    }

    public string Path { get; }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
