using System.Text.Json;
using Vitrine.Tensors;
using Vitrine.Tests.Backends;
using Vitrine.Tests.Support;
using Vitrine.Training;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Training;

/// <summary>
/// Training on a device: the curves of the CPU, breaks that leave no trace, and one wait per step. Traffic is counted per device, so
/// nothing else may run at the same time.
/// </summary>
[Collection(nameof(WorkerCount))]
public class DeviceTrainingTests
{
    private const int Steps = 24;
    private static readonly TrainingOptions s_options = new()
    {
        Steps = Steps,
        BatchSize = 4,
        Accumulate = 2,
        LearningRate = 1e-2f,
        Dropout = 0.1f,
        LabelSmoothing = 0.05f,
        AverageDecay = 0.9f,
        GradientLimit = 0.5f,
        EvaluateEvery = 12,
        SaveEvery = 5,
        Seed = 7,
    };

    public static TheoryData<string, string> LessonsAndGpus
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (string lesson in Lessons.Names)
            {
                data.Add(lesson, TestDevices.Names[1]);
            }
            return data;
        }
    }

    public static TheoryData<string> Gpus => TestDevices.Gpus;

    [Theory]
    [MemberData(nameof(LessonsAndGpus))]
    public void Run_AnyLesson_HasTheCurveOfTheCpu(string lesson, string device)
    {
        using var host = new TempFolder();
        using var there = new TempFolder();
        Train(lesson, host, "cpu", s_options);

        Train(lesson, there, device, s_options);

        Assert.Equal(Steps, Values(host, "loss").Length);
        TensorAssert.Close(Values(there, "loss"), Values(host, "loss"), 1e-4, 1e-5, "loss");
        TensorAssert.Close(Values(there, "gradient_norm"), Values(host, "gradient_norm"), 5e-3, 1e-4, "gradient norm");
        Assert.True(Values(there, "loss")[^6..].Average() < Values(there, "loss")[..6].Average()); // it does learn something
    }

    [Theory]
    [MemberData(nameof(Gpus))]
    public void Run_InterruptedAndGoneOn_SameBitsAsInOneGo(string device)
    {
        foreach (OptimizerKind optimizer in Enum.GetValues<OptimizerKind>())
        {
            using var whole = new TempFolder();
            using var parts = new TempFolder();
            TrainingOptions options = s_options with { Optimizer = optimizer };
            Train("lm", whole, device, options);

            foreach (int stop in (int[])[3, 4, 15])
            {
                Assert.Equal(TrainingEnd.Interrupted, Train("lm", parts, device, options, stop).End);
            }
            Train("lm", parts, device, options);

            Assert.Equal(Values(whole, "loss"), Values(parts, "loss"));
            Assert.Equal(Values(whole, "gradient_norm"), Values(parts, "gradient_norm"));
            Assert.Equal(File.ReadAllBytes(whole.File("model.safetensors")), File.ReadAllBytes(parts.File("model.safetensors")));
        }
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    public void Run_GoneOnOnAnotherDevice_HasTheSameCurve(int from, int to)
    {
        (string first, string second) = (TestDevices.Names[from], TestDevices.Names[to]);
        using var whole = new TempFolder();
        using var parts = new TempFolder();
        Train("translate", whole, first, s_options);

        Train("translate", parts, first, s_options, stop: 11);
        TrainingResult rest = Train("translate", parts, second, s_options);

        Assert.Equal((TrainingEnd.Completed, Steps), (rest.End, rest.Step));
        Assert.Equal(Values(whole, "loss")[..11], Values(parts, "loss")[..11]);
        TensorAssert.Close(Values(parts, "loss"), Values(whole, "loss"), 1e-4, 1e-5);
    }

    /// <summary>Ids, masks and targets go up, a loss and a norm come back, and nothing else moves.</summary>
    [Theory]
    [MemberData(nameof(LessonsAndGpus))]
    public void Step_AnyLesson_WaitsOnceForTwoNumbers(string lesson, string device)
    {
        using var folder = new TempFolder();
        List<DeviceTraffic> traffic = [];

        Train(lesson, folder, device, s_options with { EvaluateEvery = Steps, SaveEvery = Steps },
            watch: _ => traffic.Add(Device.Current.Traffic));

        for (int step = 1; step < Steps - 1; step++)
        {
            Assert.Equal(1, traffic[step].Downloads - traffic[step - 1].Downloads);
            Assert.Equal(8, traffic[step].DownloadedBytes - traffic[step - 1].DownloadedBytes);
            // ids, masks, targets and small tables; the model has more
            Assert.InRange(traffic[step].UploadedBytes - traffic[step - 1].UploadedBytes, 1, 20_000);
        }
    }

    [Theory]
    [MemberData(nameof(Gpus))]
    public void Run_LossThatIsNoNumber_StopsAndKeepsTheLastGoodCheckpoint(string device)
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

        TrainingException error = Assert.Throws<TrainingException>(() => Train("classify", folder, device, wild));

        Assert.Contains("not a number", error.Message, StringComparison.Ordinal);
        Assert.Contains("checkpoint is kept", error.Message, StringComparison.Ordinal);
    }

    private static TrainingResult Train(string lesson, TempFolder folder, string device, TrainingOptions options, int? stop = null,
        Action<int>? watch = null)
    {
        using Device.Scope scope = TestDevices.Use(device);
        (ITransformer model, ITrainingTask task) = Lessons.Start(lesson, folder);
        Assert.All(model.Parameters, p => Assert.Equal(device, p.Value.Device.Name));
        using var cancelled = new CancellationTokenSource();
        Told<TrainingProgress> stopping = Told.StopAt(stop, cancelled);
        return new Trainer(model, task, options, folder.Path, model is LoraModel ? LoraAdapter.Save : null).Run(
            new Told<TrainingProgress>(progress =>
            {
                watch?.Invoke(progress.Step);
                stopping.Report(progress);
            }), cancelled.Token);
    }

    private static float[] Values(TempFolder folder, string name) => [.. File.ReadLines(folder.File("training/log.jsonl"))
        .Select(line => JsonDocument.Parse(line).RootElement)
        .Where(json => json.TryGetProperty("gradient_norm", out _))
        .Select(json => json.GetProperty(name).GetSingle())];
}
