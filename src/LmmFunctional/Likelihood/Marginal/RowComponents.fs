namespace LmmFunctional.Estimation


/// <summary>Rows that hang together because they share levels.</summary>
[<RequireQualifiedAccess>]
module internal RowComponents =

    /// Components of rows that share a code: one component for each row when there are no codes.
    let components rows (codings: (int * int[]) list) : int[] =
        let starts = codings |> List.scan (fun start (levels, _) -> start + levels) 0
        let parent = Array.init (List.last starts) id

        let rec root node =
            if parent[node] = node then
                node
            else
                parent[node] <- parent[parent[node]]
                root parent[node]

        match codings with
        | [] -> Array.init rows id
        | (_, leading) :: others ->
            for (_, codes), start in Seq.zip others (List.tail starts) do
                for row in 0 .. rows - 1 do
                    let a, b = root leading[row], root (start + codes[row])

                    if a <> b then
                        parent[max a b] <- min a b

            leading |> Array.map root
