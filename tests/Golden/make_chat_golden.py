"""Writes tests/Golden/chat/chats.json: chat templates in the style of published ones, and what jinja2 makes of them.

Usage: python3 make_chat_golden.py
The environment is that of transformers' apply_chat_template: trim_blocks, lstrip_blocks, loop controls, raise_exception, tojson without escapes.
"""
import json
import os

import jinja2
from jinja2.ext import loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

TEMPLATES = {
    "chatml": "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n'}}{% endfor %}"
              "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}",
    "qwen": "{%- if tools %}\n    {{- 'TOOLS' }}\n{%- else %}\n    {%- if messages[0]['role'] == 'system' %}\n"
            "        {{- '<|im_start|>system\\n' + messages[0]['content'] + '<|im_end|>\\n' }}\n    {%- else %}\n"
            "        {{- '<|im_start|>system\\nYou are a model.<|im_end|>\\n' }}\n    {%- endif %}\n{%- endif %}\n"
            "{%- for message in messages %}\n    {%- if (message.role == \"user\") or (message.role == \"system\" and not loop.first) or "
            "(message.role == \"assistant\" and not message.tool_calls) %}\n"
            "        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>' + '\\n' }}\n    {%- endif %}\n{%- endfor %}\n"
            "{%- if add_generation_prompt %}\n    {{- '<|im_start|>assistant\\n' }}\n{%- endif %}\n",
    "llama3": "{% set loop_messages = messages %}{% for message in loop_messages %}{% set content = '<|start_header_id|>' + message['role'] + "
              "'<|end_header_id|>\\n\\n'+ message['content'] | trim + '<|eot_id|>' %}{% if loop.index0 == 0 %}{% set content = bos_token + content %}"
              "{% endif %}{{ content }}{% endfor %}{% if add_generation_prompt %}{{ '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}{% endif %}",
    "llama31": "{{- bos_token }}\n{%- if not date_string is defined %}\n    {%- set date_string = '26 Jul 2024' %}\n{%- endif %}\n"
               "{%- if messages[0]['role'] == 'system' %}\n    {%- set system_message = messages[0]['content']|trim %}\n"
               "    {%- set messages = messages[1:] %}\n{%- else %}\n    {%- set system_message = '' %}\n{%- endif %}\n"
               "{{- '<|start_header_id|>system<|end_header_id|>\\n\\n' }}\n{{- 'Today Date: ' + date_string + '\\n\\n' }}\n"
               "{{- system_message }}\n{{- '<|eot_id|>' }}\n{%- for message in messages %}\n"
               "    {%- if not (message.role == 'ipython' or message.role == 'tool' or 'tool_calls' in message) %}\n"
               "        {{- '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'+ message['content'] | trim + '<|eot_id|>' }}\n"
               "    {%- endif %}\n{%- endfor %}\n{%- if add_generation_prompt %}\n"
               "    {{- '<|start_header_id|>assistant<|end_header_id|>\\n\\n' }}\n{%- endif %}\n",
    "gemma": "{{ bos_token }}{% if messages[0]['role'] == 'system' %}{{ raise_exception('System role not supported') }}{% endif %}"
             "{% for message in messages %}{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}"
             "{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}{% endif %}"
             "{% if (message['role'] == 'assistant') %}{% set role = 'model' %}{% else %}{% set role = message['role'] %}{% endif %}"
             "{{ '<start_of_turn>' + role + '\\n' + message['content'] | trim + '<end_of_turn>\\n' }}{% endfor %}"
             "{% if add_generation_prompt %}{{'<start_of_turn>model\\n'}}{% endif %}",
    "mistral": "{%- if messages[0][\"role\"] == \"system\" %}\n    {%- set system_message = messages[0][\"content\"] %}\n"
               "    {%- set loop_messages = messages[1:] %}\n{%- else %}\n    {%- set loop_messages = messages %}\n{%- endif %}\n"
               "{%- set ns = namespace(index=0) %}\n{%- for message in loop_messages %}\n"
               "    {%- if (message[\"role\"] == \"user\") != (ns.index % 2 == 0) %}\n        {{- raise_exception(\"alternate\") }}\n    {%- endif %}\n"
               "    {%- set ns.index = ns.index + 1 %}\n{%- endfor %}\n{{- bos_token }}\n{%- for message in loop_messages %}\n"
               "    {%- if message[\"role\"] == \"user\" %}\n        {%- if loop.last and system_message is defined %}\n"
               "            {{- \"[INST] \" + system_message + \"\\n\\n\" + message[\"content\"] + \"[/INST]\" }}\n        {%- else %}\n"
               "            {{- \"[INST] \" + message[\"content\"] + \"[/INST]\" }}\n        {%- endif %}\n"
               "    {%- elif message[\"role\"] == \"assistant\" %}\n        {{- \" \" + message[\"content\"]|trim + eos_token}}\n"
               "    {%- else %}\n        {{- raise_exception(\"Only user and assistant roles\") }}\n    {%- endif %}\n{%- endfor %}\n",
    "zephyr": "{% for message in messages %}\n{% if message['role'] == 'user' %}\n{{ '<|user|>\\n' + message['content'] + eos_token }}\n"
              "{% elif message['role'] == 'system' %}\n{{ '<|system|>\\n' + message['content'] + eos_token }}\n"
              "{% elif message['role'] == 'assistant' %}\n{{ '<|assistant|>\\n'  + message['content'] + eos_token }}\n{% endif %}\n"
              "{% if loop.last and add_generation_prompt %}\n{{ '<|assistant|>' }}\n{% endif %}\n{% endfor %}",
    "deepseek": "{% if not add_generation_prompt is defined %}{% set add_generation_prompt = false %}{% endif %}"
                "{% set ns = namespace(is_first=false, system_prompt='') %}{%- for message in messages %}{%- if message['role'] == 'system' %}"
                "{% set ns.system_prompt = message['content'] %}{%- endif %}{%- endfor %}{{bos_token}}{{ns.system_prompt}}"
                "{%- for message in messages %}{%- if message['role'] == 'user' %}{%- set ns.is_tool = false -%}{{'<User>' + message['content']}}"
                "{%- endif %}{%- if message['role'] == 'assistant' %}{% set content = message['content'] %}{% if '</think>' in content %}"
                "{% set content = content.split('</think>')[-1] %}{% endif %}{{'<Assistant>' + content.lstrip('\\n') + '<end>'}}{%- endif %}"
                "{%- endfor -%}{% if add_generation_prompt %}{{'<Assistant><think>\\n'}}{% endif %}",
    "parts": "{% macro turn(m, mark='#') %}{{ mark }}{{ m.role | upper }}: {{ m.content }}{% endmacro %}"
             "{% for m in messages if m.role != 'system' %}{{ turn(m) }}{{ '|' if not loop.last else '!' }}{% else %}nobody{% endfor %}"
             "{# a comment #} {{ messages | length }} {{ messages | map(attribute='role') | join(',') }} "
             "{{ messages | selectattr('role', 'equalto', 'user') | list | length }} {{ [1, 2.5, 'a', none, true] | tojson }} "
             "{{ {'a': 1, 'b': [messages[0].role]} | tojson(indent=2) }} {{ 7 // 2 }} {{ -7 % 3 }} {{ 'a' ~ 1 }} {{ 'x' * 3 }} {{ 3 > 2 > 1 }} "
             "{{ messages[-1]['content'][::-1] }} {{ missing | default('none given') }} {{ 'b' in 'abc' and 'z' not in ['x'] }}"
             "{% for k, v in {'p': 1, 'q': 2}.items() %} {{ k }}={{ v }}{% endfor %}{% set block %} in a block {% endset %}{{ block | trim }}"
             "{% for i in range(5) %}{% if i == 1 %}{% continue %}{% endif %}{% if i == 3 %}{% break %}{% endif %}{{ i }}{% endfor %}\n",
}
CHATS = {
    "one": [("user", " Hello there ")],
    "system": [("system", "Be brief."), ("user", "Hi"), ("assistant", "<think>hm</think>\nHello!"), ("user", "Why “é\" 😀?\n")],
    "three": [("user", "a"), ("assistant", "b "), ("user", "c")],
}


def refuse(message):
    raise jinja2.exceptions.TemplateError(message)


def tojson(value, indent=None):
    return json.dumps(value, ensure_ascii=False, indent=indent)


environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols])
environment.filters["tojson"] = tojson
environment.globals["raise_exception"] = refuse
cases = []
for name, template in TEMPLATES.items():
    for chat, turns in CHATS.items():
        for prompt in (True, False):
            messages = [{"role": role, "content": content} for role, content in turns]
            try:
                text = environment.from_string(template).render(
                    messages=messages, add_generation_prompt=prompt, bos_token="<s>", eos_token="</s>", tools=None, documents=None)
            except jinja2.exceptions.TemplateError as error:
                cases.append({"template": name, "messages": turns, "prompt": prompt, "refused": str(error)})
            else:
                cases.append({"template": name, "messages": turns, "prompt": prompt, "text": text})
folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "chat")
os.makedirs(folder, exist_ok=True)
with open(os.path.join(folder, "chats.json"), "w") as file:
    json.dump({"oracle": f"jinja2 {jinja2.__version__}", "templates": TEMPLATES, "cases": cases}, file, ensure_ascii=False, indent=0)
