using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Models.Loading;

/// <summary>Folders that users have where a model's folder is expected.</summary>
public sealed class CheckpointFolderTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private string Model(string relative)
    {
        string path = Path.Combine(_folder.Path, relative);
        Directory.CreateDirectory(path);
        TinyModels.Write(path, "gpt2");
        return path;
    }

    private string Refused(string? path = null) => Assert.Throws<ModelException>(() => ModelLoader.Load(path ?? _folder.Path)).Message;

    [Fact]
    public void HubCache_OneSnapshot_IsTaken()
    {
        string snapshot = Model("models--org--name/snapshots/abc123");

        foreach (string given in new[] { _folder.Path, _folder.File("models--org--name"), snapshot })
        {
            Assert.Equal(snapshot, CheckpointFolder.Resolve(given, out string? notice));
            Assert.Equal(given != snapshot, notice?.Contains("abc123", StringComparison.Ordinal) ?? false);
            Assert.Equal(notice is null ? [] : [notice],
                ModelLoader.Load(given).Notices.Where(n => n.Contains("abc123", StringComparison.Ordinal)));
        }
    }

    [Fact]
    public void HubCache_SeveralSnapshots_MainDecides()
    {
        _ = Model("models--a--b/snapshots/1111");
        string second = Model("models--a--b/snapshots/2222");

        Assert.Contains("'1111', '2222'", Refused(), StringComparison.Ordinal);

        Directory.CreateDirectory(_folder.File("models--a--b/refs"));
        File.WriteAllText(_folder.File("models--a--b/refs/main"), "2222");

        Assert.Equal(second, CheckpointFolder.Resolve(_folder.Path, out _));
    }

    [Fact]
    public void HubCache_SeveralModels_AreListed()
    {
        _ = Model("hub/models--a--b/snapshots/1");
        _ = Model("hub/models--c--d/snapshots/1");

        Assert.Contains("'models--a--b', 'models--c--d'", Refused(), StringComparison.Ordinal);
    }

    [Fact]
    public void TrainingFolder_OneCheckpointIsTaken_OfSeveralTheLastIsNamed()
    {
        string first = Model("checkpoint-500");

        Assert.Equal(first, CheckpointFolder.Resolve(_folder.Path, out _));

        _ = Model("checkpoint-1000");

        Assert.Contains("the last of them with '" + _folder.File("checkpoint-1000"), Refused(), StringComparison.Ordinal);
    }

    [Fact]
    public void Adapter_SaysWhatToGive()
    {
        _ = _folder.Write("adapter_config.json", """{"base_model_name_or_path": "bert-base-uncased"}"""u8);

        string message = Refused();

        Assert.Contains("LoRA adapter of 'bert-base-uncased'", message, StringComparison.Ordinal);
        Assert.Contains("--adapter", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("model.gguf", "GGUF files of llama.cpp are not read")]
    [InlineData("model.onnx", "not read")]
    [InlineData("model.safetensors", "weights alone")]
    [InlineData("notes.txt", "notes.txt")]
    public void OtherFolders_SayWhatTheyHold(string file, string expected)
    {
        _ = _folder.Write(file, "x"u8);

        Assert.Contains(expected, Refused(), StringComparison.Ordinal);
    }

    [Fact]
    public void File_NamesItsFolder()
    {
        string path = _folder.Write("model.safetensors", "x"u8);

        Assert.Contains($"Give '{_folder.Path}'", Refused(path), StringComparison.Ordinal);
    }

    [Fact]
    public void LoneSafetensors_OfAnotherName_IsReadWithANotice()
    {
        TinyModels.Write(_folder.Path, "gpt2");
        File.Move(_folder.File("model.safetensors"), _folder.File("pytorch_model.fp32.safetensors"));

        Assert.Contains(ModelLoader.Load(_folder.Path).Notices,
            n => n.Contains("pytorch_model.fp32.safetensors", StringComparison.Ordinal));

        File.Copy(_folder.File("pytorch_model.fp32.safetensors"), _folder.File("other.safetensors"));

        Assert.Contains("Rename the file", Assert.Throws<WeightException>(() => ModelLoader.Load(_folder.Path)).Message,
            StringComparison.Ordinal);
    }
}
