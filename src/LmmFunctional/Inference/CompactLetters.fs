namespace LmmFunctional.Analysis

open LmmFunctional

/// <summary>Letters that show which means differ: two means that share a letter do not.</summary>
[<RequireQualifiedAccess>]
module CompactLetters =

    let private alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

    // After the alphabet it is repeated with a number.
    let private letter index =
        let round = index / alphabet.Length
        let own = string alphabet[index % alphabet.Length]
        if round = 0 then own else own + string round

    /// <summary>Insert and absorb: the sets of means that share a letter.</summary>
    /// <param name="count">The number of means.</param>
    /// <param name="differ">The pairs that differ.</param>
    /// <remarks>Every pair that differs parts each set that holds both; sets inside others go. Source: Piepho
    /// 2004.</remarks>
    let internal sets count (differ: (int * int) list) : Set<int> list =
        let absorb (sets: Set<int> list) =
            let distinct = List.distinct sets

            distinct
            |> List.filter (fun own -> not (distinct |> List.exists (fun other -> Set.isProperSubset own other)))

        ([ Set.ofList [ 0 .. count - 1 ] ], differ)
        ||> List.fold (fun sets (i, j) ->
            sets
            |> List.collect (fun own ->
                if own.Contains i && own.Contains j then
                    [ own.Remove j; own.Remove i ]
                else
                    [ own ])
            |> absorb)

    let private ofFamily alpha (means: MarginalMean list) (contrasts: MarginalContrast list) =
        let count = means.Length

        let pairs = [
            for i in 0 .. count - 2 do
                for j in i + 1 .. count - 1 -> i, j
        ]

        let value (mean: MarginalMean) =
            match mean.Estimate with
            | Ok own -> Some own.Estimate
            | Error _ -> None

        let values = means |> List.map value |> Array.ofList

        let differ = [
            for pair, contrast in List.zip pairs contrasts do
                match contrast.Estimate with
                | Ok own when own.P < alpha -> pair
                | _ -> ()
        ]

        let known = [ 0 .. count - 1 ] |> List.filter (fun i -> values[i].IsSome)
        let order = known |> List.sortBy (fun i -> values[i])

        let rank =
            order |> List.indexed |> List.map (fun (rank, i) -> i, rank) |> Map.ofList

        // The first letter begins at the smallest mean.
        let ordered =
            sets count differ
            |> List.map (Set.filter rank.ContainsKey)
            |> List.filter (Set.isEmpty >> not)
            |> List.distinct
            |> List.sortBy (fun own -> own |> Seq.map (fun i -> rank[i]) |> Seq.sort |> List.ofSeq)

        [
            for i in 0 .. count - 1 ->
                ordered
                |> List.indexed
                |> List.filter (fun (_, own) -> own.Contains i && values[i].IsSome)
                |> List.map (fst >> letter)
                |> String.concat ""
        ]

    /// <summary>The letters of each mean within its family; empty for a mean that cannot be estimated.</summary>
    /// <param name="alpha">Adjusted p-values below this are differences.</param>
    /// <param name="adjustment">Of the pairwise comparisons.</param>
    /// <param name="means">The means.</param>
    /// <returns>The letters in the order of the means, the smallest mean of a family with a.</returns>
    /// <exception cref="T:System.ArgumentException"><paramref name="alpha"/> is not between 0 and 1.</exception>
    let create alpha (adjustment: Adjustment) (means: MarginalMeans) : Result<string list, LmmError list> =
        if not (alpha > 0.0 && alpha < 1.0) then
            invalidArg (nameof alpha) $"A level of significance lies between 0 and 1, such as 0.05; {alpha} does not."

        MarginalContrasts.create MeanContrast.Pairwise (Some adjustment) means
        |> Result.map (fun compared ->
            // Families are contiguous: the variables that hold them apart vary slowest.
            means.Means
            |> List.groupBy _.Group
            |> List.collect (fun (group, own) ->
                compared.Contrasts
                |> List.filter (fun contrast -> contrast.Group = group)
                |> ofFamily alpha own))
