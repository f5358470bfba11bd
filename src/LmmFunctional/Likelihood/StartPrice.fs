namespace LmmFunctional.Estimation

open System
open System.Collections.Generic
open System.Collections.Immutable

/// <summary>How many starts of a search are worth their time, which ones, and which of them are followed.</summary>
[<RequireQualifiedAccess>]
module internal StartPrice =

    // A step of so many parameters costs about what a value does; of more, in proportion.
    let private usualParameters = 8.0

    // Of a model so small that a search takes no time worth saving.
    let private many = 60

    // Of one whose descents are dear, but not its values.
    let private some = 7

    /// <summary>How many starts are worth their time, the first among them, by the operations of one evaluation and the number of
    /// parameters.</summary>
    let most work (parameters: int) =
        let price = work * max 1.0 (float parameters / usualParameters)

        if price <= 1e6 && work <= 2e5 then many
        elif price <= 2e6 then some
        elif price <= 2e7 then 3
        else 1

    // Of so many parameters second derivatives cost much more than a value.
    let private manyParameters = 20

    /// <summary>Which of them are followed, by the operations of one evaluation, the number of parameters, and which are followed
    /// where that costs little and where it does not.</summary>
    let following work parameters ofSmall ofDear =
        if work <= 2e5 && parameters <= manyParameters then ofSmall
        elif most work parameters >= some then ofDear
        else Following.Close

    /// So many starts, each once and none of them the first one.
    let private truncated count (start: ImmutableArray<float>) (further: seq<float[]>) : ImmutableArray<float> list =
        let kept = List<ImmutableArray<float>>()
        use next = further.GetEnumerator()

        // So few are kept that looking at each of them is faster than any table.
        while kept.Count < count && next.MoveNext() do
            let theta = next.Current

            let isSame (other: ImmutableArray<float>) =
                other.AsSpan().SequenceEqual(ReadOnlySpan theta)

            if not (isSame start || kept.Exists isSame) then
                kept.Add(ImmutableArray.Create<float> theta)

        List.ofSeq kept

    /// <summary>As many starts as are worth their time, each once and none of them the first one.</summary>
    let afforded work (start: ImmutableArray<float>) (further: seq<float[]>) : ImmutableArray<float> list =
        truncated (most work start.Length - 1) start further

    // Looking at a start is cheap against a descent from it.
    let private lookedAt = 5

    /// <summary>The same; where not all can be afforded those with the lowest criterion of five times as many, and one that is far
    /// from them.</summary>
    let best value work (start: ImmutableArray<float>) (far: ImmutableArray<float>) (further: seq<float[]>) =
        if most work start.Length <> some then
            afforded work start further
        else
            let others =
                further
                |> truncated (lookedAt * some) start
                |> List.filter (fun theta -> not (Seq.forall2 (=) theta far))
                |> List.sortBy value

            if Seq.forall2 (=) far start then
                List.truncate (some - 1) others
            else
                List.truncate (some - 2) others @ [ far ]
