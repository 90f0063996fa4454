using System.Text.Json;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Vitrine.Training;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Training;

/// <summary>The training loop on tiny models: what it promises whatever is learned.</summary>
public class TrainerTests
{
    private static readonly TrainingOptions s_options = new()
    {
        Epochs = 3,
        BatchSize = 8,
        LearningRate = 1e-2f,
        AverageDecay = 0.9f,
        SaveEvery = 5,
        Seed = 7
    };

    public static TheoryData<string> Devices => [.. TestDevices.Names];

    [Fact]
    public void Run_SameSeedTwice_SameBitsAndItHasLearnt()
    {
        using var first = new TempFolder();
        using var second = new TempFolder();

        TrainingResult result = Classifier(first, s_options with { Epochs = 10 }).Run(cancellation: TestContext.Current.CancellationToken);
        Classifier(second, s_options with { Epochs = 10 }).Run(cancellation: TestContext.Current.CancellationToken);

        Assert.Equal(TrainingEnd.Completed, result.End);
        Assert.Equal("accuracy", result.Best[0].Name);
        Assert.True(result.Best[0].Value > 0.95, $"accuracy {result.Best[0].Value}");
        Assert.Equal(Losses(first), Losses(second));
        Assert.Equal(File.ReadAllBytes(first.File("model.safetensors")), File.ReadAllBytes(second.File("model.safetensors")));
    }

    [Theory]
    [InlineData(OptimizerKind.AdamW)]
    [InlineData(OptimizerKind.Sgd)]
    public void Run_InterruptedAndGoneOn_SameBitsAsInOneGo(OptimizerKind optimizer)
    {
        using var whole = new TempFolder();
        using var parts = new TempFolder();
        TrainingOptions options = s_options with { Optimizer = optimizer, Accumulate = 2 };
        Classifier(whole, options).Run(cancellation: TestContext.Current.CancellationToken);

        foreach (int stop in (int[])[3, 4, 11])
        {
            using var cancelled = new CancellationTokenSource();
            TrainingResult part = Classifier(parts, options).Run(new Told<TrainingProgress>(p =>
            {
                if (p.Step == stop)
                {
                    cancelled.Cancel();
                }
            }), cancelled.Token);
            Assert.Equal((TrainingEnd.Interrupted, stop), (part.End, part.Step));
        }
        Classifier(parts, options).Run(cancellation: TestContext.Current.CancellationToken);

        Assert.Equal(Losses(whole), Losses(parts));
        Assert.Equal(File.ReadAllBytes(whole.File("model.safetensors")), File.ReadAllBytes(parts.File("model.safetensors")));
    }

    [Theory]
    [MemberData(nameof(Devices))]
    public void Command_KilledAndGivenAgain_SameLossCurveToTheBit(string device)
    {
        using Device.Scope scope = TestDevices.Use(device); // only to skip where it is absent: the command is a process of its own
        string program = Path.Combine(AppContext.BaseDirectory, "Vitrine.Cli.dll");
        Assert.SkipUnless(File.Exists(Path.ChangeExtension(program, ".runtimeconfig.json")), "the command is not next to the tests");
        using var folder = new TempFolder();
        File.WriteAllLines(folder.File("lines.txt"), SortingLines.Make(400, 4, seed: 1));
        using (Child whole = Start("whole"))
        {
            whole.Wait().IsDone();
        }

        for (int lines = 7; lines < 40; lines += 13)
        {
            using Child killed = Start("parts");
            while (!killed.EndsWithin(TimeSpan.FromMilliseconds(5)) && Count("parts") < lines)
            {
            }
            killed.Kill(); // SIGKILL: nothing of the program runs any more
        }
        using (Child rest = Start("parts"))
        {
            rest.Wait().IsDone();
        }

        Assert.Equal(Losses(folder, "whole"), Losses(folder, "parts"));
        Assert.Equal(File.ReadAllBytes(folder.File("whole/model.safetensors")), File.ReadAllBytes(folder.File("parts/model.safetensors")));

        int Count(string name) => File.Exists(folder.File($"{name}/training/log.jsonl"))
            ? File.ReadLines(folder.File($"{name}/training/log.jsonl")).Count() : 0;

        Child Start(string name) => Child.Vitrine(["train", "lm", "--data", folder.File("lines.txt"), "--lines", "--after", "=", "--vocab",
            "257", "--layers", "1", "--d-model", "16", "--heads", "2", "--positions", "16", "--epochs", "5", "--batch", "32",
            "--save-every", "4", "--evaluate-every", "10", "--threads", "1", "--device", device, "--out", folder.File(name)]);
    }

    [Fact]
    public void Run_AccumulatedHalves_TheStepsOfWholeBatches()
    {
        using var whole = new TempFolder();
        using var halves = new TempFolder();
        TrainingOptions options = s_options with { Epochs = 1, Dropout = 0, AverageDecay = 0, Optimizer = OptimizerKind.Sgd };

        // All texts are of one length, so that both see the same sixteen texts per step: batches of 16, or two of 8, of the same shuffled
        // order.
        Classifier(whole, options with { BatchSize = 80 }).Run(cancellation: TestContext.Current.CancellationToken);
        Classifier(halves, options with { BatchSize = 8, Accumulate = 10 }).Run(cancellation: TestContext.Current.CancellationToken);

        Assert.Single(Losses(whole));
        Assert.Equal(Losses(whole)[0], Losses(halves)[0], 1e-5);
    }

    [Fact]
    public void Run_LossThatIsNoNumber_StopsAndKeepsTheLastGoodCheckpoint()
    {
        using var folder = new TempFolder();
        TrainingOptions wild = s_options with
        {
            LearningRate = 1e30f,
            WarmUp = 0,
            GradientLimit = 0,
            Optimizer = OptimizerKind.Sgd,
            SaveEvery = 1
        };

        TrainingException error = Assert.Throws<TrainingException>(() => Classifier(folder, wild)
            .Run(cancellation: TestContext.Current.CancellationToken));

        Assert.Contains("not a number", error.Message, StringComparison.Ordinal);
        Assert.Contains("batch", error.Message, StringComparison.Ordinal);
        Assert.Contains("checkpoint is kept", error.Message, StringComparison.Ordinal);
        using SafetensorsFile kept = SafetensorsFile.Open(folder.File("training/checkpoint.safetensors"));
        Assert.NotEmpty(Losses(folder));
    }

    [Fact]
    public void Run_OtherOptionsThanTheCheckpoint_IsRefusedByName()
    {
        using var folder = new TempFolder();
        Classifier(folder, s_options with { Epochs = 1 }).Run(cancellation: TestContext.Current.CancellationToken);

        TrainingException error = Assert.Throws<TrainingException>(() =>
            Classifier(folder, s_options with { Epochs = 1, LearningRate = 0.5f })
                .Run(cancellation: TestContext.Current.CancellationToken));

        Assert.Contains("LearningRate 0.5 instead of 0.01", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_NothingGetsBetter_StopsEarly()
    {
        using var folder = new TempFolder();

        TrainingResult result = Classifier(folder, s_options with { Epochs = 50, LearningRate = 0, EvaluateEvery = 2, Patience = 3 })
            .Run(cancellation: TestContext.Current.CancellationToken);

        Assert.Equal((TrainingEnd.StoppedEarly, 8, 2), (result.End, result.Step, result.BestStep));
    }

    [Fact]
    public void Run_FrozenParameters_KeepTheirBits()
    {
        using var folder = new TempFolder();
        ITransformer model = Toys.Classifier(folder);
        float[] before = Value(model), other = model.Parameters[0].Value.ToArray();
        (IReadOnlyList<LabelledText> training, IReadOnlyList<LabelledText> held) = Toys.Split();

        new Trainer(model, new ClassificationTask(training, held, model, model.Tokenizer!),
            s_options with { Epochs = 1, Frozen = ["*.mlp.*"] }, folder.Path)
            .Run(cancellation: TestContext.Current.CancellationToken);

        Assert.Equal(before, Value(model));
        Assert.NotEqual(other, model.Parameters[0].Value.ToArray());

        static float[] Value(ITransformer model) => model.Parameters.First(p => p.Name == "blocks.0.mlp.W_in").Value.ToArray();
    }

    [Fact]
    public void Batching_AnyLengths_EveryExampleOnceAndNeighboursAlike()
    {
        int[] lengths = [.. Enumerable.Range(0, 1000).Select(i => i * 37 % 101)];

        int[][] batches = Batching.Of(lengths, 10, new Random(1));

        Assert.Equal(Enumerable.Range(0, 1000), batches.SelectMany(b => b).Order());
        Assert.True(batches.Average(b => b.Max(i => lengths[i]) - b.Min(i => lengths[i])) < 5);
    }

    private static Trainer Classifier(TempFolder folder, TrainingOptions options)
    {
        ITransformer model = Toys.Classifier(folder);
        (IReadOnlyList<LabelledText> training, IReadOnlyList<LabelledText> held) = Toys.Split();
        return new(model, new ClassificationTask(training, held, model, model.Tokenizer!), options, folder.Path);
    }

    private static double[] Losses(TempFolder folder, string name = ".") => [.. File.ReadLines(folder.File($"{name}/training/log.jsonl"))
        .Select(line => JsonDocument.Parse(line).RootElement)
        .Where(json => json.TryGetProperty("loss", out _))
        .Select(json => json.GetProperty("loss").GetDouble())];
}
