using Vitrine.Autograd;
using Vitrine.Tests.Models.Tokenizers;
using Vitrine.Tests.Support;
using Vitrine.Training;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Training;

/// <summary>A Marian from nothing, on a language in which every word stands for one other.</summary>
public class TranslationTests
{
    private static readonly string[] s_words = ["▁the", "▁cat", "s", "a", "aa", "猫", "t", "he"];

    [Fact]
    public void Translate_WordForWord_IsLearntAndGenerated()
    {
        using TinyFolder tokenizer = TinySentencePiece.Standard.Folder([.. s_words, "▁", "▁t", "the", "h", "e"]);
        using var folder = new TempFolder();
        NewModel.Marian(folder.Path, tokenizer.Path, new ModelSizes { DModel = 32, NLayers = 1, NHeads = 2, MaxPositions = 16 });
        ITransformer model = NewModel.Start(folder.Path, 1, deviation: 0.1);
        TextPair[] pairs = [.. Enumerable.Range(0, 200).Select(i => i % 2 == 0
            ? new TextPair("the cat", "猫猫") : new TextPair("cats", "aa the"))];

        TrainingResult result = new Trainer(model, new TranslationTask(pairs, pairs[..20], model, (MarianTokenizer)model.Tokenizer!),
            new()
            {
                Epochs = 8,
                BatchSize = 20,
                LearningRate = 1e-2f,
                Dropout = 0,
                LabelSmoothing = 0.05f,
                Decay = LearningRateDecay.Linear
            }, folder.Path)
            .Run(cancellation: TestContext.Current.CancellationToken);
        var stored = (IGenerator)ModelLoader.Load(folder.Path);
        GenerationResult written = stored.Generate(ModelInput.Of(stored.Tokenizer!.Encode("the cat").Ids),
            stored.GenerationDefaults with { NumBeams = 1, MaxNewTokens = 8 }, cancellation: TestContext.Current.CancellationToken);

        Assert.Equal(1, result.Best.First(m => m.Name == "accuracy").Value);
        Assert.InRange(result.Best.First(m => m.Name == "loss").Value, 0, 0.5); // nats of a token, no sum of them
        // too short for 4-grams
        Assert.All(TranslationTask.Judge(stored, pairs[..20], TestContext.Current.CancellationToken),
            score => Assert.Equal(score.Name == "chrf" ? 100 : 0, score.Value, 1e-9));
        Assert.Equal("猫猫", stored.Tokenizer.Decode([.. written.Sequences[0].Tokens]).Trim());
    }

    [Fact]
    public void Folder_WithoutVocabulary_GetsOneOfBothModels()
    {
        using TinyFolder tokenizer = TinySentencePiece.Standard.Folder();
        using var folder = new TempFolder();
        File.Delete(Path.Combine(tokenizer.Path, "vocab.json"));

        NewModel.Marian(folder.Path, tokenizer.Path, new ModelSizes { DModel = 32, NLayers = 1, NHeads = 2, MaxPositions = 16 });
        ITransformer model = NewModel.Start(folder.Path, 1);

        Assert.Contains("\"share_encoder_decoder_embeddings\": true", File.ReadAllText(folder.File("config.json")),
            StringComparison.Ordinal);
        Assert.Equal(16, model.Info.VocabSize); // thirteen pieces, the end, the unknown and padding
        GenerationOptions generation = ((IGenerator)model).GenerationDefaults;
        Assert.Equal((4, 15, 0, 15), (generation.NumBeams, generation.MaxNewTokens, generation.ForcedEosId, generation.DecoderStartId));
        Assert.Equal([15], Assert.Single(generation.BadWords));
        Assert.Equal("the cat", model.Tokenizer!.Decode(model.Tokenizer.Encode("the cat").Ids).Trim());
    }

    [Fact]
    public void Loss_OfPaddedPairs_IsTheMeanOfTheSinglePairs()
    {
        using TinyFolder tokenizer = TinySentencePiece.Standard.Folder([.. s_words, "▁", "▁t", "the", "h", "e"]);
        using var folder = new TempFolder();
        NewModel.Marian(folder.Path, tokenizer.Path, new ModelSizes { DModel = 32, NLayers = 2, NHeads = 2, MaxPositions = 16 });
        ITransformer model = NewModel.Start(folder.Path, 1, deviation: 0.2);
        var task = new TranslationTask([new("the cat", "猫猫猫 the"), new("cats the the cats", "a")], [], model,
            (MarianTokenizer)model.Tokenizer!);

        (double sum, int count) = (0, 0);
        foreach (int pair in (int[])[0, 1])
        {
            TrainingBatch one = task.Batch([pair]);
            (sum, count) = (sum + (one.Count * task.Loss(model, one, 0).Item()), count + one.Count);
        }
        TrainingBatch both = task.Batch([0, 1]);

        Assert.Equal(count, both.Count);
        Assert.Equal(sum / count, task.Loss(model, both, 0).Item(), 1e-5);
    }
}
