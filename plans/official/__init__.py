"""Official documents: one content model, printed to PDF and shown on screen by the rules of its style.

The measures come from Nghị định 30/2020/NĐ-CP, Annex I (state bodies; trade unions follow it by Quyết định 933/QĐ-TLĐ)
and from Hướng dẫn 05-HD/VPTW with the sizes of Hướng dẫn 36-HD/VPTW (Party bodies).
"""
