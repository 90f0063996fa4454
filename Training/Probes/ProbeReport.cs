namespace Vitrine.Training;

/// <summary>What probing found.</summary>
/// <param name="Classes">The labels, in ordinal order.</param>
/// <param name="TrainingExamples">Learned from.</param>
/// <param name="TestExamples">Judged on.</param>
/// <param name="Majority">Accuracy on the test examples of always saying the most frequent class of the training examples.</param>
/// <param name="Scores">One per hook point and probe, hook points in the order of the forward pass.</param>
/// <param name="Positions">One per hook point and position, by the first kind of probe; empty unless asked for.</param>
/// <param name="PositionLabels">What stands at each position where all texts agree; else the number.</param>
public sealed record ProbeReport(
    IReadOnlyList<string> Classes,
    int TrainingExamples,
    int TestExamples,
    double Majority,
    IReadOnlyList<ProbeScore> Scores,
    IReadOnlyList<PositionScore> Positions,
    IReadOnlyList<string> PositionLabels);

/// <summary>How well a probe reads the labels at a hook point.</summary>
/// <param name="Hook">The point.</param>
/// <param name="Probe">The kind of probe.</param>
/// <param name="Accuracy">On the test examples.</param>
/// <param name="MacroF1">Mean over classes of 2·precision·recall / (precision + recall), on the test examples.</param>
/// <param name="TrainingAccuracy">On what it learned from.</param>
/// <param name="Control">Accuracy on the control task; null when it was not asked.</param>
public sealed record ProbeScore(string Hook, string Probe, Estimate Accuracy, Estimate MacroF1, double TrainingAccuracy, double? Control)
{
    /// <summary>
    /// Accuracy less accuracy on the control task (Hewitt and Liang 2019): how much of it the probe cannot have learned by heart.
    /// </summary>
    public double? Selectivity => Accuracy.Value - Control;
}

/// <summary>How well the labels can be read at one position.</summary>
/// <param name="Hook">The point.</param>
/// <param name="Position">Token, from 0.</param>
/// <param name="Accuracy">On the test texts that are so long; NaN where too few are.</param>
/// <param name="Majority">Of always saying the most frequent class.</param>
/// <param name="TestExamples">Texts judged.</param>
public sealed record PositionScore(string Hook, int Position, double Accuracy, double Majority, int TestExamples);

/// <summary>A number and its 95 % confidence interval.</summary>
/// <param name="Value">The number.</param>
/// <param name="Low">Lower end.</param>
/// <param name="High">Upper end.</param>
public readonly record struct Estimate(double Value, double Low, double High);
