namespace LmmFunctional.Analysis

open LmmFunctional.Estimation

/// <summary>Which term each kept column of X belongs to.</summary>
[<RequireQualifiedAccess>]
module internal FixedColumns =

    /// For each kept column the index of its term.
    let termOf (design: FixedDesign) : int[] =
        let all = Seq.zip design.AllNames design.TermOf |> readOnlyDict
        design.Names |> Seq.map (fun name -> all[name]) |> Array.ofSeq

    /// Where the kept columns of a term are.
    let ofTerm (design: FixedDesign) term : int[] =
        termOf design
        |> Array.indexed
        |> Array.filter (fun (_, own) -> own = term)
        |> Array.map fst
