using System.Text;
using Vitrine.Tests.Support;

namespace Vitrine.Tests;

/// <summary>
/// A golden checkpoint copied to a fresh folder, with a vocabulary of letters and a few words, to be run and to be damaged.
/// </summary>
internal sealed class TinyModel : IDisposable
{
    private readonly TempFolder _folder = new();

    /// <param name="golden">Name of the golden model, one of BERT.</param>
    /// <param name="tokenizer">Whether it gets a vocabulary.</param>
    public TinyModel(string golden = "bert_cls", bool tokenizer = true)
    {
        foreach (string file in (string[])["config.json", "model.safetensors"])
        {
            File.Copy(GoldenFolder.Find(golden, file), _folder.File(file));
        }
        if (tokenizer)
        {
            string[] pieces =
            [
                "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "good", "bad", "movie", "a", "the", ",", ".", "?", "who", "wrote", "it",
                "ada", "was", "by",
                .. Enumerable.Range('a', 26).Select(c => ((char)c).ToString()).Where(c => c != "a"),
                .. Enumerable.Range('a', 26).Select(c => "##" + (char)c),
            ];
            Write("vocab.txt", string.Join('\n', pieces.Concat(Enumerable.Range(0, 89 - pieces.Length).Select(i => $"[unused{i}]")))
                + "\n");
        }
    }

    /// <summary>The folder.</summary>
    public string Path => _folder.Path;

    /// <summary>Replaces a file.</summary>
    public void Write(string name, string text) => File.WriteAllText(_folder.File(name), text, new UTF8Encoding(false));

    /// <summary>Replaces a part of a text file.</summary>
    public void Edit(string name, string from, string to) =>
        Write(name, File.ReadAllText(_folder.File(name)).Replace(from, to, StringComparison.Ordinal));

    /// <summary>Changes the bytes of a file.</summary>
    public void Edit(string name, Func<byte[], byte[]> change) =>
        File.WriteAllBytes(_folder.File(name), change(File.ReadAllBytes(_folder.File(name))));

    public void Dispose() => _folder.Dispose();
}
