using Vitrine.Tensors;
using Xunit;

namespace Vitrine.Tests.Ops;

public class DropoutTests
{
    /// <summary>The known answers of the Random123 distribution (kat_vectors).</summary>
    [Theory]
    [InlineData(0u, 0u, 0u, 0u, 0u, 0u, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [InlineData(~0u, ~0u, ~0u, ~0u, ~0u, ~0u, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu)]
    [InlineData(0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0xa4093822u, 0x299f31d0u, 0xd16cfe09u, 0x94fdccebu, 0x5001e420u,
        0x24126ea1u)]
    public void Philox_KnownCounters_GiveThePublishedWords(uint a, uint b, uint c, uint d, uint key0, uint key1, uint w0, uint w1, uint w2,
        uint w3) =>
        Assert.Equal(new Philox.Words(w0, w1, w2, w3), Philox.Draw(new(a, b, c, d), key0, key1));

    [Fact]
    public void Dropout_LargeTensor_DropsThatPartAndKeepsTheMean()
    {
        float[] y = Tensor.Full([300, 1000], 1).Dropout(0.3f, 1).ToArray();

        Assert.InRange(y.Count(v => v == 0) / 300_000.0, 0.297, 0.303);
        Assert.InRange(y.Average(), 0.99, 1.01);
        Assert.All(y, v => Assert.True(v == 0 || v == 1 / 0.7f));
    }

    [Fact]
    public void Dropout_AnyThreadCount_SameMask()
    {
        Tensor x = RandomTensor.Normal(1, [123, 457]);
        int before = Workers.Count;
        Workers.SetCount(1);
        float[] alone = x.Dropout(0.5f, 3).ToArray();
        Workers.SetCount(5);

        float[] together = x.Dropout(0.5f, 3).ToArray();

        Workers.SetCount(before);
        Assert.Equal(alone, together);
    }

    [Fact]
    public void Dropout_AnotherSeed_IsAnotherMask() =>
        Assert.NotEqual(Tensor.Full([100], 1).Dropout(0.5f, 1).ToArray(), Tensor.Full([100], 1).Dropout(0.5f, 2).ToArray());

    [Fact]
    public void Dropout_NoDropping_IsTheIdentity()
    {
        Tensor x = RandomTensor.Normal(1, [7, 11]);

        Assert.Equal(x.ToArray(), x.Dropout(0, 1).ToArray());
    }
}
