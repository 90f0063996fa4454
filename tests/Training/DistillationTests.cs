using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Vitrine.Training;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Training;

/// <summary>A student and its teacher.</summary>
public class DistillationTests
{
    [Theory]
    [InlineData(12, 6, new[] { 1, 3, 5, 7, 9, 11 })]
    [InlineData(4, 2, new[] { 1, 3 })]
    [InlineData(3, 2, new[] { 0, 2 })]
    [InlineData(5, 1, new[] { 4 })]
    [InlineData(2, 2, new[] { 0, 1 })]
    public void Layers_OfATeacher_AreEvenlySpacedAndEndWithTheLast(int teacher, int student, int[] expected) =>
        Assert.Equal(expected, Student.Layers(teacher, student));

    [Theory]
    [InlineData("bert")]
    [InlineData("gpt2")]
    [InlineData("llama")]
    [InlineData("marian")]
    public void Of_EveryFamily_BlocksAreTheTeachersToTheBit(string family)
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder.File("teacher"));
        ITransformer teacher = TinyModels.Load(folder.File("teacher"), family, layers: 3);

        ITransformer student = Student.Of(folder.File("teacher"), teacher, folder.File("student"), [0, 2]);

        Assert.Equal(2, student.Info.NLayers);
        Assert.Contains(student.Parameters, p => p.Name.Contains(".1.", StringComparison.Ordinal));
        Assert.All(student.Parameters, p => Assert.Equal(
            teacher.Parameters.Single(t => t.Name == p.Name.Replace("blocks.1.", "blocks.2.", StringComparison.Ordinal)
                .Replace("coder.1.", "coder.2.", StringComparison.Ordinal)).Value.ToArray(),
            p.Value.ToArray()));
    }

    [Theory]
    [InlineData("bert")]
    [InlineData("gpt2")]
    [InlineData("llama")]
    [InlineData("marian")]
    public void Of_AnotherWidth_EveryFamilyIsMadeAndLearns(string family)
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder.File("teacher"));
        ITransformer teacher = TinyModels.Load(folder.File("teacher"), family, layers: 2);

        ITransformer student = Student.Of(folder.File("teacher"), teacher, folder.File("student"), [1],
            new() { DModel = 12, NHeads = 2, DMlp = 20 }, seed: 1);
        var task = new DistillationTask(new Echo(family == "marian"), teacher, [1], new() { Hard = 0, Hidden = 0.5f }, student.Info);
        new Trainer(student, task, new() { Steps = 30, BatchSize = 4, LearningRate = 5e-3f, Dropout = 0 },
            folder.File("student")).Run(cancellation: TestContext.Current.CancellationToken);

        Assert.Equal((12, 2, 1), (student.Info.DModel, student.Info.NHeads, student.Info.NLayers));
        Assert.Contains(student.Parameters, p => p.Name.EndsWith("mlp.W_in", StringComparison.Ordinal) && p.Shape == [12, 20]);
        double[] losses = [.. TrainingLog.Read(Path.Combine(folder.File("student"), "training", "log.jsonl")).Training.Select(t => t.Loss)];
        Assert.True(losses[^1] < 0.8 * losses[0], $"{losses[0]} → {losses[^1]}");
        Assert.Equal(12, ModelLoader.Load(folder.File("student")).Info.DModel); // the projection is not part of what is kept
    }

    [Fact]
    public void Loss_NarrowStudent_HiddenStatesAreComparedThroughTheProjection()
    {
        using var folder = new TempFolder();
        (ITransformer teacher, _) = Pair(folder);
        ITransformer student = Student.Of(folder.File("teacher"), teacher, folder.File("narrow"), [1], new() { DModel = 8, NHeads = 2 },
            seed: 5);
        var task = new ClassificationTask(Toys.Texts(8, 1), [], teacher, teacher.Tokenizer!);
        TrainingBatch batch = task.Batch([0, 1, 2, 3]);
        var with = new DistillationTask(task, teacher, [1], new() { Hidden = 0.7f }, student.Info);
        using ActivationCache own = student.Cache("blocks.0.hook_resid_post"), theirs = teacher.Cache("blocks.1.hook_resid_post");

        double added = with.Loss(student, batch, 0).Item() - new DistillationTask(task, teacher, [1], new(), student.Info).Loss(student,
            batch, 0).Item();

        (float[] h, float[] t, float[] p) = (own["blocks.0.hook_resid_post"].ToArray(), theirs["blocks.1.hook_resid_post"]
            .ToArray(), with.Parameters.Single().Value.ToArray());
        double sum = 0;
        for (int i = 0; i < t.Length; i++) // all texts are of one length
        {
            sum += Math.Pow(Enumerable.Range(0, 8).Sum(k => (double)h[(i / 16 * 8) + k] * p[(k * 16) + (i % 16)]) - t[i], 2);
        }
        Assert.Equal(0.7 * sum / t.Length, added, 1e-5);
        Assert.Contains("4 heads", Assert.Throws<TrainingException>(() => new DistillationTask(task, teacher, [1], new() { Attention = 1 },
            student.Info with { NHeads = 4 })).Message, StringComparison.Ordinal);
        Assert.Contains("divides", Assert.Throws<TrainingException>(() => Student.Of(folder.File("teacher"), teacher, folder.File("odd"),
            [1], new() { DModel = 9, NHeads = 2 }, 1)).Message, StringComparison.Ordinal);
    }

    /// <summary>A task that asks a model for its halves must also do with one that has none: an adapter, a student.</summary>
    [Fact]
    public void Masks_UnderAnAdapterOrAsAStudent_AreLearned()
    {
        using var folder = new TempFolder();
        (ITransformer teacher, ITrainingTask masks) = Lessons.Start("mlm", folder);
        TrainingBatch batch = Batch(masks);
        LoraModel adapted = LoraModel.Start(teacher, new() { Rank = 2 }, 1);

        float expected = masks.Loss(teacher, batch, 0).Item();

        Assert.Equal(expected, masks.Loss(adapted, batch, 0).Item(), 1e-5f);
        Assert.Equal(0.4f * expected, new DistillationTask(masks, teacher, [0], new() { Hard = 0.4f, Hidden = 1 }).Loss(teacher, batch, 0)
            .Item(), 1e-5f);

        static TrainingBatch Batch(ITrainingTask task)
        {
            task.Begin(0, 1);
            return task.Batch([0, 1, 2]);
        }
    }

    [Fact]
    public void Of_AllBlocks_SaysWhatTheTeacherSays()
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder.File("teacher"));
        ITransformer teacher = TinyModels.Load(folder.File("teacher"), "gpt2");

        ITransformer student = Student.Of(folder.File("teacher"), teacher, folder.File("student"), [0, 1]);

        Assert.Equal(teacher.Forward(ModelInput.Of(1, 2, 3)).ToArray(), student.Forward(ModelInput.Of(1, 2, 3)).ToArray());
    }

    [Theory]
    [InlineData(1f, 0f, 0f, 0f)]
    [InlineData(3f, 0f, 0f, 0f)]
    [InlineData(2f, 0.3f, 0f, 0f)]
    [InlineData(2f, 0.3f, 0.7f, 0f)]
    [InlineData(2f, 0.3f, 0f, 0.4f)]
    [InlineData(1.5f, 0f, 0.7f, 0.4f)]
    public void Loss_Classifier_IsThatOfTheFormulaInFloat64(float temperature, float hard, float hidden, float attention)
    {
        using var folder = new TempFolder();
        (ITransformer teacher, ITransformer student) = Pair(folder);
        // of several lengths: padding
        IReadOnlyList<LabelledText> texts = [.. Toys.Texts(6, 1), new("negative", "the film is dull"), new("positive", "lovely")];
        var task = new ClassificationTask(texts, [], teacher, teacher.Tokenizer!);
        var distillation = new DistillationTask(task, teacher, [0, 2],
            new() { Temperature = temperature, Hard = hard, Hidden = hidden, Attention = attention });
        task.Begin(0, 1);
        TrainingBatch batch = task.Batch([.. Enumerable.Range(0, texts.Count)]);

        double actual = distillation.Loss(student, batch, 0).Item();

        Assert.Equal(Reference(teacher, student, batch, temperature, hard, hidden, attention), actual, 2e-5);
    }

    [Fact]
    public void Loss_StudentThatIsItsTeacher_OnlyTheHardPartIsLeft()
    {
        using var folder = new TempFolder();
        (ITransformer teacher, _) = Pair(folder);
        var task = new ClassificationTask(Toys.Texts(8, 1), [], teacher, teacher.Tokenizer!);
        TrainingBatch batch = task.Batch([0, 1, 2, 3]);

        float loss = new DistillationTask(task, teacher, [0, 1, 2], new() { Hard = 0.25f, Hidden = 1, Attention = 1 }).Loss(teacher, batch,
            0).Item();

        Assert.Equal(0.25f * task.Loss(teacher, batch, 0).Item(), loss, 1e-5);
    }

    [Theory]
    [InlineData("gpt2")]
    [InlineData("marian")]
    public void Loss_LanguageModels_AreFiniteAndFallWithTheTeacherAlone(string family)
    {
        using var folder = new TempFolder();
        Directory.CreateDirectory(folder.File("teacher"));
        ITransformer teacher = TinyModels.Load(folder.File("teacher"), family, layers: 2),
            student = Student.Of(folder.File("teacher"), teacher, folder.File("student"), [1]);
        var task = new DistillationTask(new Echo(family == "marian"), teacher, [1], new() { Hard = 0, Hidden = 0.1f, Attention = 0.1f });

        new Trainer(student, task, new() { Steps = 30, BatchSize = 4, LearningRate = 5e-3f, Dropout = 0 },
            folder.File("student")).Run(cancellation: TestContext.Current.CancellationToken);

        double[] losses = [.. TrainingLog.Read(Path.Combine(folder.File("student"), "training", "log.jsonl")).Training.Select(t => t.Loss)];
        Assert.True(losses[^1] < 0.7 * losses[0], $"{losses[0]} → {losses[^1]}");
    }

    [Theory]
    [InlineData(16)]
    [InlineData(8)]
    public void Run_InterruptedAndGoneOn_SameBitsAsInOneGo(int width)
    {
        using var whole = new TempFolder();
        using var parts = new TempFolder();
        Distil(whole, width, null);

        Distil(parts, width, 3);
        Distil(parts, width, 7);
        Distil(parts, width, null);

        Assert.Equal(File.ReadAllBytes(whole.File("student/model.safetensors")),
            File.ReadAllBytes(parts.File("student/model.safetensors")));
        Assert.Equal(TrainingLog.Read(whole.File("student/training/log.jsonl")).Training,
            TrainingLog.Read(parts.File("student/training/log.jsonl")).Training);

        static void Distil(TempFolder folder, int width, int? stop)
        {
            (ITransformer teacher, ITransformer student) = Pair(folder);
            student = width == 16 ? student : Student.Of(folder.File("teacher"), teacher, folder.File("student"), [0, 2],
                new() { DModel = width, NHeads = 2 }, 1);
            (IReadOnlyList<LabelledText> training, IReadOnlyList<LabelledText> held) = Toys.Split();
            var task = new DistillationTask(new ClassificationTask(training, held, teacher, teacher.Tokenizer!), teacher, [0, 2],
                new() { Hidden = 1 }, student.Info);
            using var cancelled = new CancellationTokenSource();
            new Trainer(student, task, new() { Epochs = 2, BatchSize = 8, LearningRate = 5e-3f },
                folder.File("student")).Run(Told.StopAt(stop, cancelled), cancelled.Token);
        }
    }

    /// <summary>A teacher of three blocks, not trained, and a student of its first and last.</summary>
    private static (ITransformer Teacher, ITransformer Student) Pair(TempFolder folder)
    {
        string path = folder.File("teacher");
        NewModel.Bert(path, "BertForSequenceClassification", WordPieceTrainer.WholeWords(Toys.Texts(80, 1).Select(t => t.Text), 1),
            new ModelSizes { DModel = 16, NLayers = 3, NHeads = 2, MaxPositions = 24 }, ["negative", "positive"]);
        ITransformer teacher = NewModel.Start(path, seed: 3, deviation: 0.3);
        return (teacher, Student.Of(path, teacher, folder.File("student"), [0, 2]));
    }

    /// <summary>The formula of <see cref="DistillationTask"/>, written out in double from what the models show.</summary>
    private static double Reference(ITransformer teacher, ITransformer student, TrainingBatch batch, double temperature, double hard,
        double hidden, double attention)
    {
        using ActivationCache theirs = teacher.Cache("blocks.*.hook_resid_post", "blocks.*.attn.hook_pattern"),
            own = student.Cache("blocks.*.hook_resid_post", "blocks.*.attn.hook_pattern");
        (Tensor taught, Tensor said) = (teacher.Forward(batch.Input), student.Forward(batch.Input));
        (int rows, int classes, int pos) = (said.Shape[0], said.Shape[1], batch.Input.Ids!.Shape[1]);
        int[] targets = batch.Targets.ToIntArray(), mask = batch.Input.Mask!.ToIntArray();
        double loss = 0;
        for (int row = 0; row < rows; row++)
        {
            double[] p = Softmax(taught, row, temperature), q = Softmax(said, row, temperature), plain = Softmax(said, row, 1);
            loss += (hard * -Math.Log(plain[targets[row]]) / rows) + ((1 - hard) * temperature * temperature * Divergence(p, q) / rows);
        }
        foreach ((string mine, string other) in new[] { ("blocks.0", "blocks.0"), ("blocks.1", "blocks.2") })
        {
            (float[] h, float[] t) = (own[$"{mine}.hook_resid_post"].ToArray(), theirs[$"{other}.hook_resid_post"].ToArray());
            (float[] a, float[] b) = (own[$"{mine}.attn.hook_pattern"].ToArray(), theirs[$"{other}.attn.hook_pattern"].ToArray());
            int width = h.Length / (rows * pos), heads = a.Length / (rows * pos * pos);
            double tokens = mask.Sum();
            for (int token = 0; token < rows * pos; token++)
            {
                if (mask[token] == 1)
                {
                    loss += hidden / 2 / tokens * Enumerable.Range(token * width, width).Sum(i => Math.Pow((double)h[i] - t[i], 2)) / width;
                    for (int head = 0; head < heads; head++)
                    {
                        int at = ((((token / pos) * heads) + head) * pos * pos) + (token % pos * pos);
                        loss += attention / 2 / tokens / heads * Divergence([.. b[at..(at + pos)].Select(v => (double)v)],
                            [.. a[at..(at + pos)].Select(v => (double)v)]);
                    }
                }
            }
        }
        return loss;

        double[] Softmax(Tensor logits, int row, double t)
        {
            double[] e = [.. logits.ToArray()[(row * classes)..((row + 1) * classes)].Select(v => Math.Exp(v / t))];
            return [.. e.Select(v => v / e.Sum())];
        }

        static double Divergence(double[] p, double[] q) => p.Zip(q, (a, b) => a == 0 ? 0 : a * Math.Log(a / b)).Sum();
    }

    /// <summary>Some fixed rows of tokens; for a translation, the target too.</summary>
    private sealed class Echo(bool translates) : ITrainingTask
    {
        private static readonly int[][] s_rows = [[1, 2, 3, 4, 5], [6, 7, 8], [9, 8, 7, 6], [5, 1, 9, 3, 2]];

        public string Description => "echo";

        public IReadOnlyList<int> Begin(int epoch, int seed) => [.. s_rows.Select(row => row.Length)];

        public TrainingBatch Batch(IReadOnlyList<int> examples)
        {
            int[][] rows = [.. examples.Select(i => s_rows[i])];
            ModelInput input = ModelInput.Batch(rows, 0);
            int longest = rows.Max(row => row.Length);
            return new(translates ? input with { Target = input } : input,
                Tensor.From([.. rows.SelectMany(row => row.Concat(Enumerable.Repeat(-100, longest - row.Length)))], [rows.Length, longest]),
                rows.Sum(row => row.Length), rows.Sum(row => row.Length));
        }

        public Tensor Loss(ITransformer model, TrainingBatch batch, float labelSmoothing) =>
            model.Forward(batch.Input).CrossEntropy(batch.Targets);

        public IReadOnlyList<Metric> Evaluate(ITransformer model) => [];
    }
}
