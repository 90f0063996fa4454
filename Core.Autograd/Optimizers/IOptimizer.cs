using Vitrine.Tensors;

namespace Vitrine.Autograd;

/// <summary>What changes weights by their gradients.</summary>
public interface IOptimizer
{
    /// <summary>Steps taken so far.</summary>
    int Steps { get; }

    /// <summary>
    /// What it remembers between steps: tensors by name, one per weight, each of the weight's shape and on its device. They are its own
    /// memory: a checkpoint holds them, and overwrites them when it is read.
    /// </summary>
    IReadOnlyDictionary<string, IReadOnlyList<Tensor>> State { get; }

    /// <summary>One step: changes every weight in place. No tape may be open.</summary>
    /// <param name="gradients">A gradient for every weight.</param>
    /// <param name="learningRate">lr of this step; see <see cref="LearningRateSchedule"/>.</param>
    /// <param name="gradientScale">Every gradient is multiplied by this; see <see cref="GradientNorm.ClipFactor"/>.</param>
    /// <exception cref="InvalidOperationException">A tape is open.</exception>
    void Step(Gradients gradients, float learningRate, float gradientScale = 1);

    /// <summary>Goes on after a checkpoint was read into <see cref="State"/>.</summary>
    /// <param name="steps">What <see cref="Steps"/> was.</param>
    void Resume(int steps);
}
